/** Starts workers. Imports nothing. */

/**
 * A worker from a blob inherits its maker's Content-Security-Policy on every host; one loaded by its URL would only have the
 * policy that its own response carries, and a static host sends none.
 * @param {URL} module
 * @param {string} name
 */
export function spawn(module, name) {
  const source = `import ${JSON.stringify(module.href)}`
  return new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module', name })
}
