// The page of a cell: starts its worker and keeps what it tells, so that the driver can read it at any time, also of one that never ends.
// The cell is in the address, after the #.

/** @type {{ [name: string]: unknown }} */
const record = {};
Object.assign(globalThis, { record });

const worker = new Worker("worker.js");
worker.onmessage = ({ data }) => {
  // performance.now() counts from the navigation.
  if (data.losses?.length === 1 || data.latency_ms || data.gflops) record.first_ms ??= Math.round(performance.now());
  Object.assign(record, data);
};
worker.onerror = (event) => Object.assign(record, { failed: event.message || "the worker could not be started" });
worker.postMessage(JSON.parse(decodeURIComponent(location.hash.slice(1))));
