/**
 * The learning rate at a step, as the engine takes it (src/nn/schedule.rs); for pictures only. Imports types.
 *
 * @typedef {import('./spec.js').Spec} Spec
 */

/**
 * @param {Spec} spec
 * @param {number} step from 0 on
 */
export function rateAt({ optimizer, schedule = { type: 'ConstantLR' }, warmup_steps = 0 }, step) {
  const rise = warmup_steps ? Math.min(1, (step + 1) / warmup_steps) : 1
  return rise * scheduled(optimizer.lr, schedule, step)
}

/**
 * @param {number} lr
 * @param {import('./spec.js').Schedule} schedule
 * @param {number} step
 */
function scheduled(lr, schedule, step) {
  const { type, step_size, gamma = 0.1, t_max, eta_min = 0 } = /** @type {{ type: string, step_size: number, gamma?: number, t_max: number, eta_min?: number }} */ (schedule)
  if (type === 'StepLR') return lr * gamma ** Math.floor(step / step_size)
  if (type === 'CosineAnnealingLR') return eta_min + ((lr - eta_min) * (1 + Math.cos((Math.PI * step) / t_max))) / 2
  return lr
}
