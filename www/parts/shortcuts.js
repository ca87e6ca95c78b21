/**
 * Space, S and R from anywhere on the page; they can be switched off, for those whose software types by itself.
 * May import lib/.
 *
 * @typedef {{ toggle: () => void, step: () => void, reset: () => void }} Actions
 */
import { h } from '../lib/dom.js'
import { parts, t } from '../lib/i18n.js'
import { keep, kept } from '../lib/settings.js'

/** Elements that want letters for themselves, and those that only the space bar works on. */
const TYPED = 'input:not([type="checkbox"], [type="radio"], [type="range"]), select, [data-keys]'
const PRESSED = 'input, button, a, summary'

/**
 * @param {HTMLElement} place where they are explained
 * @param {() => Actions | null} current what they act on now
 */
export function shortcuts(place, current) {
  const active = h('input', { type: 'checkbox' })
  active.checked = kept('shortcuts', ['on', 'off']) === 'on'
  active.addEventListener('change', () => keep('shortcuts', active.checked ? 'on' : 'off'))
  place.append(
    h(
      'label',
      { class: 'check' },
      active,
      h('span', {}, ...parts('Keyboard shortcuts: {space} train or pause, {s} one step, {r} reset', { space: key(t('Space')), s: key('S'), r: key('R') })),
    ),
  )

  document.addEventListener('keydown', (event) => {
    if (!active.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    const busy = event.key === ' ' ? `${TYPED}, ${PRESSED}` : TYPED
    if (event.target instanceof Element && event.target.closest(busy)) return
    const actions = current()
    if (!actions) return
    const action = { ' ': actions.toggle, s: actions.step, r: actions.reset }[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    action()
  })
}

/** @param {string} name */
const key = (name) => h('kbd', {}, name)
