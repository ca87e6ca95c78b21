/**
 * The chip in the page's head: what the current network runs on, why, and the choice. May import lib/, field.js, offers.js, popup.js
 * and core's types.
 *
 * @typedef {import('../core/protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { h, say } from '../lib/dom.js'
import { sentence } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { keep, kept } from '../lib/settings.js'
import { radioField } from './field.js'
import { KINDS, offers } from './offers.js'
import { popup } from './popup.js'

/** @type {readonly [DeviceChoice, ...DeviceChoice[]]} */
const CHOICES = ['auto', 'webgpu', 'cpu']

export const deviceChoice = () => kept('device', CHOICES)

/** @param {import('../core/client.js').Client} client */
export function deviceChip(client) {
  /** @type {Experiment | null} */
  let experiment = null
  const dot = h('span', { class: 'dot', 'aria-hidden': 'true' })
  const kind = h('span', {}, '…')
  const name = h('span', { class: 'chip-name' })
  const why = h('p', {})
  const field = radioField({
    label: t('Run on'),
    options: /** @type {const} */ ([
      ['auto', t('the faster one (automatic)')],
      ['webgpu', 'WebGPU'],
      ['cpu', t('CPU (WebAssembly)')],
    ]),
    change: async (choice) => {
      try {
        await experiment?.move(choice)
        keep('device', choice)
      } finally {
        draw()
      }
    },
  })
  const devices = offers(client)
  const summary = h('summary', {}, h('span', { class: 'visually-hidden' }, t('Device: ')), dot, kind, name)
  const element = popup(h('details', { class: 'chip' }, summary, h('div', { class: 'popover' }, why, field.element, devices.element)))

  function draw() {
    if (!experiment) return
    const device = experiment.opened?.device
    if (device) devices.ask()
    say(kind, device ? KINDS[device.kind] : '…')
    // “CPU” says it all; a graphics card has a name.
    say(name, device?.kind === 'webgpu' ? device.name : '')
    say(why, sentence(device?.why ?? ''))
    element.dataset.kind = device?.kind ?? ''
    field.set(experiment.device)
  }

  return {
    element,
    /** @param {Experiment | null} shown the experiment that is now in view */
    show(shown) {
      element.hidden = !shown
      if (shown && experiment !== shown) shown.on('opened', () => experiment === shown && draw())
      experiment = shown
      draw()
    },
  }
}
