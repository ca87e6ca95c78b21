// The feature `subgroups` for the engine's devices. wgpu knows it, but does not ask a browser for it yet; once it does, this file can go.
// Imports nothing.

/** From now on devices are opened with subgroups, where their adapter has them. */
export function askForSubgroups() {
  const adapter = globalThis.GPUAdapter?.prototype
  if (!adapter) return
  const open = adapter.requestDevice
  /** @this {GPUAdapter} @param {GPUDeviceDescriptor} [descriptor] */
  adapter.requestDevice = function (descriptor = {}) {
    /** @type {GPUFeatureName[]} */
    const wanted = this.features.has('subgroups') ? ['subgroups'] : []
    return open.call(this, { ...descriptor, requiredFeatures: [...(descriptor.requiredFeatures ?? []), ...wanted] })
  }
}
