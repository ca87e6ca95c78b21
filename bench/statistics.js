// Figures from measurements. Imports nothing.

/**
 * The middle value; the mean of the two middle ones of an even number; NaN of none.
 * @param {number[]} values
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const [high = NaN, low = NaN] = [sorted[half], sorted[sorted.length % 2 ? half : half - 1]];
  return (high + low) / 2;
}

/**
 * Who disagrees: those whose numbers are further than the tolerance from the median of all.
 * @param {{ name: string, values: number[] }[]} all
 * @param {number} tolerance relative
 * @returns {{ name: string, place: number, value: number, median: number }[]} the first place of each where it differs, counted from 0
 */
export function disagreements(all, tolerance) {
  const places = Math.max(0, ...all.map(({ values }) => values.length));
  const medians = Array.from({ length: places }, (_, n) => median(all.map(({ values }) => values[n] ?? NaN).filter(Number.isFinite)));
  return all.flatMap(({ name, values }) => {
    const place = values.findIndex((value, n) => !(Math.abs(value - (medians[n] ?? NaN)) <= tolerance * Math.abs(medians[n] ?? NaN)));
    return place < 0 ? [] : [{ name, place, value: values[place] ?? NaN, median: medians[place] ?? NaN }];
  });
}
