/**
 * The words that pass between the page and the engine, and nothing else: typed requests, replies and events, and the error they
 * may carry. May import lib/i18n.
 *
 * A request is `{ type, id, ... }`; its reply `{ id, ok: true, ... }` or `{ id, ok: false, code, message, hint, at }`;
 * an event is `{ event, ... }` and answers nothing.
 *
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {'webgpu' | 'cpu'} DeviceKind
 * @typedef {'auto' | DeviceKind} DeviceChoice
 * @typedef {'train' | 'test'} Split
 * @typedef {{ kind: DeviceKind, name: string, software: boolean, max_buffer_bytes: number, why: string }} Device
 * @typedef {{ kind: DeviceKind, available: boolean, name: string, software: boolean, max_buffer_bytes: number, reason?: string }} DeviceOffer
 *
 * @typedef {object} LayerReport
 * @property {string} path its place in the spec: "layers[0]"
 * @property {string} name its name in the parameters: "0"
 * @property {string} type
 * @property {number[]} input
 * @property {number[]} output
 * @property {number} params
 * @property {number} flops
 *
 * @typedef {object} Report
 * @property {LayerReport[]} layers
 * @property {number} params
 * @property {{ parameters: number, gradients: number, optimizer: number, activations: number, data: number, total: number }} memory bytes
 * @property {number[]} output
 *
 * @typedef {object} Opened what create, load and set answer
 * @property {Device} device
 * @property {Report} report
 * @property {number} train_count
 * @property {number} test_count
 * @property {number} steps_per_epoch
 * @property {number} [step]
 * @property {string} [vocabulary] of a text: its characters, in the order of their numbers
 * @property {boolean} [kept] set only: the weights and the optimiser's state live on
 *
 * @typedef {object} Point what one step reports
 * @property {number} step counted from 0
 * @property {number} loss mean over the step's examples, before the step
 * @property {number} grad_norm length of the gradient of loss and penalties by all parameters, before it is clipped; 0 of a step left out as it overflowed f16
 * @property {number | null} accuracy share of right answers in the step; null: there are no classes
 *
 * @typedef {object} Trained
 * @property {number} steps_done
 * @property {number} step
 * @property {number} epoch
 * @property {Point[]} points
 * @property {number} steps_per_second
 * @property {'running' | 'non_finite'} status
 * @property {{ tensor: string, step: number }} [problem]
 *
 * @typedef {{ classes: number, counts: Uint32Array }} Confusion rows: the true class
 * @typedef {{ index: number, label: number, predicted: number, loss: number, probability: number }} Mistake
 * @typedef {{ loss: number, accuracy: number | null, count: number, confusion?: Confusion, worst?: Mistake[] }} Evaluation of sequences
 *   without confusion and worst: accuracy is over all their places that count
 * @typedef {{ name: string, shape: number[], data: Float32Array }} Named
 * @typedef {Named & { type: string }} LayerOutput
 * @typedef {{ name: string, shape: number[] }} TensorInfo
 * @typedef {{ output: Float32Array, shape: number[], probabilities?: Float32Array, layers?: LayerOutput[] }} Prediction
 * @typedef {{ loss: number, forward: Named[], gradients: Named[], before: Named[], after: Named[] }} Trace
 * @typedef {{ x: Float32Array, y: Float32Array, shape: number[], count: number }} Examples
 * @typedef {{ count: number, licence: string, source: string }} DatasetInfo
 *
 * Pace: `steps` every `every_ms`; without it, as fast as the device goes. `until` is the step to stop at.
 * @typedef {{ steps: number, every_ms: number }} Pace
 *
 * @typedef {{
 *   devices: [{}, { devices: DeviceOffer[] }],
 *   probe: [{ known?: unknown }, { probe: object | null }],
 *   check: [{ spec: Spec }, { report: Report }],
 *   create: [{ session: number, spec: Spec, device: DeviceChoice, text?: Uint8Array }, Opened],
 *   data: [{ session: number, split: Split, indices: number[] } | { session: number, split: Split, start: number, count: number }, Examples],
 *   train: [{ session: number, steps?: number, budget_ms?: number, sync?: boolean }, Trained],
 *   evaluate: [{ session: number, split: Split, details?: boolean, start?: number, count?: number }, Evaluation],
 *   predict: [{ session: number, inputs: Float32Array, count: number, layers?: boolean }, Prediction],
 *   encode: [{ session: number, text: string }, { ids: Float32Array }],
 *   trace: [{ session: number, start: number, count: number }, Trace],
 *   tensors: [{ session: number }, { tensors: TensorInfo[] }],
 *   read: [{ session: number, name: string }, { shape: number[], dtype: string, data: Float32Array }],
 *   write: [{ session: number, name: string, data: Float32Array }, {}],
 *   set: [{ session: number, spec: Spec }, Opened],
 *   save: [{ session: number }, { bytes: Uint8Array }],
 *   load: [{ session: number, spec: Spec, bytes: Uint8Array, device: DeviceChoice, text?: Uint8Array }, Opened & { step: number }],
 *   plan: [{ session: number }, { text: string }],
 *   dispatch: [{ session: number, dispatch: number, measure?: boolean }, { wgsl: string, ms: number | null }],
 *   close: [{ session: number }, {}],
 *   lose_device: [{ session?: number }, {}],
 *   hello: [{}, { gpu: boolean }],
 *   dataset: [{ name: string }, DatasetInfo],
 *   play: [{ session: number, until?: number, pace?: Pace, details?: boolean, glance?: number }, {}],
 *   pause: [{ session: number }, {}],
 * }} Calls every request and what its reply holds; the last four are answered by the shell, not by the engine
 *
 * probe: `known` is an answer from before, and makes the engine measure nothing; null: there is no choice, or `known` is of another machine or engine.
 *
 * @typedef {keyof Calls} CallName
 * @typedef {{ [K in CallName]: { type: K, id: number } & Calls[K][0] }[CallName]} Request
 * @typedef {{ code: string, message: string, hint?: string, at?: string }} Problem
 * @typedef {{ id: number, ok: true, [field: string]: unknown } | ({ id: number, ok: false } & Problem)} Reply
 *
 * @typedef {(
 *   | { event: 'metrics', session: number } & Trained
 *   | { event: 'evaluated', session: number, step: number } & Evaluation
 *   | { event: 'state', session: number, playing: boolean }
 *   | { event: 'error', session: number } & Problem
 *   | { event: 'recovered', session: number, step: number, device: Device }
 *   | { event: 'dataset', name: string, received: number, total: number }
 *   | { event: 'kept' }
   | { event: 'gone' } & Problem
 *   | { event: 'renewed' }
 * )} EngineEvent kept: this browser keeps the files of a data set; gone: the engine broke, every request fails; renewed: there is a new one, without sessions
 */
import { t } from '../lib/i18n.js'

/** A refusal or failure of the engine, with its remedy. */
export class EngineError extends Error {
  /** @param {Problem} problem */
  constructor({ code, message, hint, at }) {
    super(message)
    this.name = 'EngineError'
    this.code = code
    this.hint = hint ?? ''
    this.at = at ?? ''
  }
}

/**
 * What the page itself refuses, before the engine is asked.
 * @param {string} message
 * @param {string} [hint] the remedy, where the message does not name it
 */
export const refusal = (message, hint) => new EngineError({ code: 'page', message, hint })

/**
 * The engine is no more, but can be started anew.
 * @param {string} message
 */
export const broken = (message) =>
  new EngineError({ code: 'gone', message, hint: t('Restart it: training goes on from where it was some seconds ago.') })

/**
 * Any thrown value as the problem the protocol speaks of.
 * @param {unknown} thrown
 * @returns {Problem}
 */
export function problemOf(thrown) {
  if (thrown instanceof EngineError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint, at: thrown.at }
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { code: 'internal', message, hint: t('Reload the page. If it happens again, please report it.') }
}
