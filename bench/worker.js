// The worker of a cell. A classic one, so that peers can be loaded with importScripts as well as with import().
self.onmessage = async ({ data }) => {
  try {
    await import("./counters.js");
    const { run } = await import("./cell.js");
    await run(data, (/** @type {object} */ news) => self.postMessage(news));
    self.postMessage({ done: true });
  } catch (error) {
    self.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  }
};
