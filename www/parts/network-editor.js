/**
 * The network's layers, to be added, removed, moved, copied and changed. What is right is in use at once; a mistake stands at its layer until it is mended, and the
 * network in use goes on meanwhile. May import its neighbours, lib/ and core/.
 *
 * @typedef {import('../core/draft.js').Node} Node
 * @typedef {import('../core/drafting.js').Drafting} Drafting
 * @typedef {import('./layer-row.js').Row} Row
 */
import { addedAfter, appended, duplicated, fresh, moved, movedInto, removed, stands, withOption, withType, wrapped } from '../core/draft.js'
import { h, say } from '../lib/dom.js'
import { remark } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { layerRow } from './layer-row.js'
import { announce } from './live.js'

/** What is put in first: it changes no shape, and another type is chosen in its place. */
const NEW = 'ReLU'

/**
 * Has exactly these elements in an element, in this order, and touches none that is in its place.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} elements
 */
function arrange(list, elements) {
  for (const child of [...list.children]) if (!elements.includes(/** @type {HTMLElement} */ (child))) child.remove()
  elements.forEach((element, n) => {
    if (list.children[n] !== element) list.insertBefore(element, list.children[n] ?? null)
  })
}

/** @param {Drafting} drafting */
export function networkEditor(drafting) {
  const list = h('ol', { class: 'layers', 'aria-label': t('Layers') })
  const status = h('p', { class: 'small-text', role: 'status' })
  const fault = h('div', { class: 'field-error', role: 'alert' })
  const back = h('button', { type: 'button', class: 'small', hidden: true, on: { click: goBack } }, t('Go back to the network in use'))
  const there = h('button', { type: 'button', class: 'small', hidden: true, on: { click: () => mistaken()?.focus(drafting.mistake?.option) } }, t('Show the mistake'))
  const add = h('button', { type: 'button', on: { click: () => append(null, 'layers') } }, t('Add a layer at the end'))
  /** @type {Map<number, Row>} */
  let rows = new Map()

  const mistaken = () => rows.get(drafting.mistake?.id ?? -1)

  function goBack() {
    void drafting.goBack()
    add.focus()
  }

  /** Shows a layer that is new, its type to be chosen. @param {Node} node @param {(tree: Node[]) => Node[]} change */
  function begin(node, change) {
    void drafting.edit(change)
    rows.get(node.id)?.focus('type')
  }

  /** @param {number | null} parent @param {string} branch */
  function append(parent, branch) {
    const node = fresh(NEW)
    begin(node, (tree) => appended(tree, parent, branch, node))
  }

  /** @param {import('./layer-row.js').Deed} deed @param {number} id */
  function act(deed, id) {
    const focused = document.activeElement
    const before = stands(drafting.tree).find(({ node }) => node.id === id)
    if (!before) return
    const { type } = before.node
    if (deed === 'add') {
      const node = fresh(NEW)
      return begin(node, (tree) => addedAfter(tree, id, node))
    }
    if (deed === 'duplicate') {
      const { tree, node } = duplicated(drafting.tree, id)
      void drafting.edit(() => tree)
      rows.get(node.id)?.focus()
      return announce(t('{type} duplicated.', { type }), { soon: true })
    }
    if (deed === 'remove') {
      const next = before.siblings[before.index + 1] ?? before.siblings[before.index - 1] ?? before.parent
      void drafting.edit((tree) => removed(tree, id))
      if (next) rows.get(next.id)?.focus()
      else add.focus()
      return announce(t('{type} removed.', { type }), { soon: true })
    }
    const change = { up: (/** @type {Node[]} */ tree) => moved(tree, id, -1), down: (/** @type {Node[]} */ tree) => moved(tree, id, 1), into: (/** @type {Node[]} */ tree) => movedInto(tree, id), wrap: (/** @type {Node[]} */ tree) => wrapped(tree, id) }[deed]
    void drafting.edit(change)
    // The button is where the layer is now, unless it can go no further.
    if (focused instanceof HTMLButtonElement && !focused.disabled && !focused.hidden) focused.focus()
    else rows.get(id)?.focus()
    const after = stands(drafting.tree).find(({ node }) => node.id === id)
    announce(t('{type} is at {place} now.', { type, place: after?.path ?? '' }), { soon: true })
  }

  const deeds = {
    act,
    append,
    change: (/** @type {number} */ id, /** @type {string} */ option, /** @type {unknown} */ value) => void drafting.edit((tree) => withOption(tree, id, option, value)),
    retype: (/** @type {number} */ id, /** @type {string} */ type) => void drafting.edit((tree) => withType(tree, id, type)),
  }

  function show() {
    const all = stands(drafting.tree)
    rows = new Map(all.map(({ node }) => [node.id, rows.get(node.id) ?? layerRow(node, deeds)]))
    const elements = (/** @type {Node[]} */ nodes) => nodes.flatMap(({ id }) => rows.get(id)?.element ?? [])
    arrange(list, elements(drafting.tree))
    for (const stand of all) {
      const row = rows.get(stand.node.id)
      row?.show(stand, drafting)
      for (const [branch, nodes] of Object.entries(stand.node.branches)) {
        const within = row?.branch(branch)
        if (within) arrange(within, elements(nodes))
      }
    }
    const { mistake, inUse } = drafting
    back.hidden = inUse || !mistake
    there.hidden = !mistaken()
    say(fault, mistake && mistake.id === null ? remark(mistake.problem) : '')
    if (inUse) say(status, t('This is the network in use.'))
    else if (mistake) say(status, t('This is not in use: it has a mistake. The network in use is still the last right one, and training goes on with it.'))
    else say(status, t('Being put to use …'))
    status.classList.toggle('muted', !mistake)
  }

  drafting.on('changed', show)
  show()
  const help = t('A change takes effect at once. Weights of layers that keep their place and shape live on; where there are new ones, training begins again at step 0.')
  return h('div', { class: 'stack network-editor' }, h('p', { class: 'small-text muted' }, help), status, fault, h('div', { class: 'buttons' }, there, back), list, h('div', { class: 'buttons' }, add))
}
