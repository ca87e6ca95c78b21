/** The devices that this browser has, and why one is missing. May import lib/ and core's types. */
import { h } from '../lib/dom.js'
import { bytes, sentence } from '../lib/format.js'
import { said, t } from '../lib/i18n.js'

export const KINDS = { webgpu: 'WebGPU', cpu: 'CPU' }

/** @param {import('../core/protocol.js').DeviceOffer} offer */
function offerText({ kind, available, name, software, reason, max_buffer_bytes }) {
  if (!available) return t('{device}: not available. {reason}', { device: KINDS[kind], reason: sentence(reason ?? '') })
  const facts = { device: KINDS[kind], name: said(name), size: bytes(max_buffer_bytes) }
  return software ? t('{device}: {name} (computed in software: slow), up to {size} for one tensor.', facts) : t('{device}: {name}, up to {size} for one tensor.', facts)
}

/**
 * @param {import('../core/client.js').Client} client
 * @returns {{ element: HTMLElement, ask: () => void }} ask: asks the engine, unless it has answered; it may not have been there before
 */
export function offers(client) {
  const element = h('ul', { class: 'small-text muted offers', 'aria-label': t('Devices in this browser') })
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
