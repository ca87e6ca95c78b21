/**
 * Space, S, R, and undo and redo from anywhere on the page; they can be switched off, for those whose software types by itself.
 * May import lib/.
 *
 * @typedef {{ toggle: () => void, step: () => void, reset: () => void, undo: () => unknown, redo: () => unknown }} Actions
 */
import { h } from '../lib/dom.js'
import { parts, t } from '../lib/i18n.js'
import { keep, kept } from '../lib/settings.js'

/** Elements that want letters for themselves, and those that only the space bar works on. */
const TYPED = 'input:not([type="checkbox"], [type="radio"], [type="range"]), select, [data-keys]'
const PRESSED = 'input, button, a, summary'
/** Elements that undo by themselves what was typed in them. */
const WRITTEN = 'input:not([type="checkbox"], [type="radio"], [type="range"]), textarea'

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
      h(
        'span',
        {},
        ...parts('Keyboard shortcuts: {space} train or pause, {s} one step, {r} reset, {undo} undo, {redo} redo', {
          space: key(t('Space')),
          s: key('S'),
          r: key('R'),
          undo: h('span', {}, key('Ctrl'), ' ', key('Z')),
          redo: h('span', {}, key('Ctrl'), ' ', key('Shift'), ' ', key('Z')),
        }),
      ),
    ),
  )

  /** @param {KeyboardEvent} event @returns {{ busy: string, action: (() => unknown) | undefined }} busy: where it is not meant for us */
  function meant({ key, ctrlKey, metaKey, altKey, shiftKey, repeat }) {
    const actions = current()
    const name = key.toLowerCase()
    if (!actions || altKey) return { busy: '', action: undefined }
    if (ctrlKey || metaKey) return { busy: WRITTEN, action: name === 'z' ? (shiftKey ? actions.redo : actions.undo) : undefined }
    return { busy: name === ' ' ? `${TYPED}, ${PRESSED}` : TYPED, action: repeat ? undefined : { ' ': actions.toggle, s: actions.step, r: actions.reset }[name] }
  }

  document.addEventListener('keydown', (event) => {
    // What is behind a dialogue is out of reach.
    if (!active.checked || document.querySelector('dialog:modal')) return
    const { busy, action } = meant(event)
    if (!action || (event.target instanceof Element && event.target.closest(busy))) return
    event.preventDefault()
    action()
  })
}

/** @param {string} name */
const key = (name) => h('kbd', {}, name)
