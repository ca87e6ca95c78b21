// Counts what a library asks of WebGPU and how much memory it takes: wraps the prototypes, so it must be loaded before the library.
// Imports nothing.

/** dispatches, submits, and objects made but for commands: so far; bytes: of the live GPU buffers; peak: the most they were. */
export const gpu = { dispatches: 0, submits: 0, made: 0, bytes: 0, peak: 0 };

/** @type {Set<WebAssembly.Memory>} */
const memories = new Set();

/** Bytes of all WebAssembly memories. */
export const wasmBytes = () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);

/**
 * Calls `seen` after every call of a function of an object.
 * @param {any} owner @param {string} name @param {(result: any, args: any[], self: any) => void} seen
 */
function after(owner, name, seen) {
  const original = owner[name];
  owner[name] = /** @this {any} */ function (/** @type {any[]} */ ...args) {
    const result = original.apply(this, args);
    seen(result, args, this);
    return result;
  };
}

if ("GPUDevice" in globalThis) {
  for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) after(GPUComputePassEncoder.prototype, name, () => gpu.dispatches++);
  after(GPUQueue.prototype, "submit", () => gpu.submits++);
  for (const name of ["createBuffer", "createBindGroup", "createBindGroupLayout", "createPipelineLayout", "createComputePipeline", "createShaderModule"]) {
    after(GPUDevice.prototype, name, () => gpu.made++);
  }
  /** @type {WeakSet<GPUBuffer>} */
  const live = new WeakSet();
  after(GPUDevice.prototype, "createBuffer", (buffer) => {
    live.add(buffer);
    gpu.bytes += buffer.size;
    gpu.peak = Math.max(gpu.peak, gpu.bytes);
  });
  after(GPUBuffer.prototype, "destroy", (_result, _args, buffer) => {
    if (live.delete(buffer)) gpu.bytes -= buffer.size;
  });
}

WebAssembly.Memory = class extends WebAssembly.Memory {
  /** @param {WebAssembly.MemoryDescriptor} descriptor */
  constructor(descriptor) {
    super(descriptor);
    memories.add(this);
  }
};
/** @param {any} made an Instance, or an object with one */
const exported = (made) => {
  for (const value of Object.values((made.instance ?? made).exports ?? {})) {
    if (value instanceof WebAssembly.Memory || Object.prototype.toString.call(value) === "[object WebAssembly.Memory]") memories.add(value);
  }
};
for (const name of ["instantiate", "instantiateStreaming"]) after(WebAssembly, name, (promise) => promise.then(exported, () => {}));
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const instance = Reflect.construct(target, args);
    exported(instance);
    return instance;
  },
});
