/**
 * Of `<tab-grad>` for TypeScript what element.js makes at run time: the properties that mirror its attributes, its events, and its tag.
 */
import type { Problem } from '../core/protocol.js'
import type { DeviceChoice } from './options.js'
import type { TabGrad } from './element.js'

/** How far it is; null for what there is not. */
export interface Metrics {
  step: number
  epoch: number
  loss: number | null
  accuracy: number | null
  testLoss: number | null
  testAccuracy: number | null
  stepsPerSecond: number
}

export interface TabGradEvents {
  ready: CustomEvent<{ device: 'webgpu' | 'cpu'; parameters: number; stepsPerEpoch: number }>
  metrics: CustomEvent<Metrics>
  done: CustomEvent<Metrics>
  error: CustomEvent<Problem>
}

declare module './element.js' {
  interface TabGrad {
    src: string | null
    device: DeviceChoice | null
    autoplay: boolean
    epochs: number | null
    steps: number | null
    seed: number | null
    lr: number | null
    batchSize: number | null
    hide: string | null
    theme: 'auto' | 'light' | 'dark' | null
    addEventListener<K extends keyof TabGradEvents>(type: K, listener: (this: TabGrad, event: TabGradEvents[K]) => void, options?: boolean | AddEventListenerOptions): void
    addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'tab-grad': TabGrad
  }
}
