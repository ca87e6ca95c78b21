// Seeded random numbers, the same in Node and in every browser. Imports nothing.

/**
 * A generator of numbers from 0 to below 1: a counter, hashed (the finaliser of MurmurHash3).
 * @param {number} seed a whole number
 * @returns {() => number}
 */
export function uniform(seed) {
  let counter = seed | 0;
  return () => {
    let hash = (counter = (counter + 0x9e3779b9) | 0);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
  };
}

/**
 * Numbers of mean 0 and variance 1 from uniform ones (Box and Muller's transform).
 * @param {() => number} random
 * @returns {() => number}
 */
export const normal = (random) => () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
