/** The devices that this browser has, and why one is missing. May import lib/ and core's types. */
import { h } from '../lib/dom.js'
import { bytes, sentence } from '../lib/format.js'

export const KINDS = { webgpu: 'WebGPU', cpu: 'CPU' }

/** @param {import('../core/protocol.js').DeviceOffer} offer */
function offerText({ kind, available, name, software, reason, max_buffer_bytes }) {
  if (!available) return `${KINDS[kind]}: not available. ${sentence(reason ?? '')}`
  return `${KINDS[kind]}: ${name}${software ? ' (computed in software: slow)' : ''}, up to ${bytes(max_buffer_bytes)} for one tensor.`
}

/**
 * @param {import('../core/client.js').Client} client
 * @returns {{ element: HTMLElement, ask: () => void }} ask: asks the engine, unless it has answered; it may not have been there before
 */
export function offers(client) {
  const element = h('ul', { class: 'small-text muted offers', 'aria-label': 'Devices in this browser' })
  let answered = false
  const ask = () => {
    if (answered) return
    answered = true
    client.call('devices', {}).then(
      ({ devices }) => element.replaceChildren(...devices.map((offer) => h('li', {}, offerText(offer)))),
      (error) => {
        answered = false
        element.replaceChildren(h('li', {}, sentence(error.message)))
      },
    )
  }
  ask()
  return { element, ask }
}
