/**
 * One layer of the network that is edited: what it is and makes, and, opened, its options and what can be done with it. May import its neighbours, lib/ and core/.
 *
 * @typedef {import('../core/draft.js').Node} Node
 * @typedef {import('../core/draft.js').Stand} Stand
 * @typedef {import('../core/drafting.js').Drafting} Drafting
 *
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {(stand: Stand, drafting: Drafting) => void} show
 * @property {(branch: string) => HTMLElement | null} branch where the rows of the layers inside belong, once it is shown
 * @property {(option?: string) => void} focus goes to its head; or opens it, and goes to the field of an option, or to its type where there is no such field
 *
 * @typedef {'add' | 'duplicate' | 'up' | 'down' | 'into' | 'wrap' | 'remove'} Deed
 *
 * @typedef {object} Deeds
 * @property {(deed: Deed, id: number) => void} act
 * @property {(id: number, type: string) => void} retype
 * @property {(id: number, option: string, value: unknown) => void} change
 * @property {(id: number, branch: string) => void} append
 */
import { moved, movedInto } from '../core/draft.js'
import { FAMILIES, LAYERS, branchesOf } from '../core/schema.js'
import { attribute, h, say, uniqueId } from '../lib/dom.js'
import { amount, bytes, count, dims, remark } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { selectField } from './field.js'
import { BRANCH_WORDS, FAMILY_WORDS, LAYER_WORDS } from './layer-words.js'
import { optionField } from './option-field.js'

const DEEDS = /** @type {readonly [Deed, string][]} */ ([
  ['add', t('Add a layer after it')],
  ['duplicate', t('Duplicate')],
  ['up', t('Move up')],
  ['down', t('Move down')],
  ['into', t('Into the block above')],
  ['wrap', t('Put a shortcut around it')],
  ['remove', t('Remove')],
])

/** The name in words. @param {string} type */
export const nameOf = (type) => LAYER_WORDS[type]?.[0] ?? type

/** As PyTorch writes it. @param {Node} node */
function codeOf({ type, options }) {
  const written = Object.keys(LAYERS[type] ?? {}).filter((name) => name in options)
  const value = (/** @type {unknown} */ one) => (Array.isArray(one) ? `(${one.join(', ')})` : String(one))
  return `${type}(${written.map((name) => `${name}=${value(options[name])}`).join(', ')})`
}

/** The select of a layer's type, its options by family. @param {(type: string) => void} change */
function typeField(change) {
  const field = selectField({ label: t('Type'), options: [], change })
  const select = /** @type {HTMLSelectElement} */ (field.element.querySelector('select'))
  for (const [family, types] of Object.entries(FAMILIES)) {
    select.append(h('optgroup', { label: FAMILY_WORDS[family] }, ...types.map((type) => h('option', { value: type }, `${type} – ${nameOf(type)}`))))
  }
  return { ...field, select }
}

/**
 * A way through a block: the layers on it, or that there are none.
 * @param {number} id of the block
 * @param {string} type
 * @param {string} branch
 * @param {Deeds} deeds
 */
function wayThrough(id, type, branch, deeds) {
  const isShortcut = branch === 'shortcut'
  const label = uniqueId('branch')
  const list = h('ol', { class: 'layers', 'aria-labelledby': label })
  const title = h('h3', { id: label, class: 'small-text' }, type === 'Sequential' ? t('Layers') : BRANCH_WORDS[branch])
  const none = h('p', { class: 'small-text muted' }, isShortcut ? t('What goes in, as it is.') : t('No layers yet.'))
  const add = h('button', { type: 'button', class: 'small', on: { click: () => deeds.append(id, branch) } }, isShortcut ? t('Add a layer to the shortcut') : t('Add a layer inside'))
  const empty = h('div', { class: 'buttons' }, none, add)
  return { branch, list, empty, element: h('div', { class: 'branch', 'data-branch': branch }, title, list, empty) }
}

/**
 * @param {Node} node
 * @param {Deeds} deeds
 * @returns {Row}
 */
export function layerRow({ id }, deeds) {
  const place = uniqueId('layer')
  const number = h('span', { class: 'layer-n' })
  const name = h('strong', {})
  const code = h('code', { translate: 'no' })
  const head = h('button', { type: 'button', class: 'layer-head', 'aria-expanded': 'false', 'aria-controls': place }, number, name, code)
  const figures = h('p', { class: 'layer-figures small-text muted' })
  const fault = h('div', { class: 'field-error', role: 'alert', id: `${place}-fault` })
  const body = h('div', { class: 'layer-body stack', id: place, hidden: true })
  const inside = h('div', { class: 'branches' })
  const element = h('li', { class: 'layer' }, h('div', { class: 'layer-line' }, head, figures), fault, body, inside)

  /** What is in the body, made when it is first opened. @type {ReturnType<typeof bodyOf> | null} */
  let inner = null
  /** @type {() => void} */
  let again = () => {}
  let type = ''
  /** @type {ReturnType<typeof wayThrough>[]} */
  let ways = []

  /** @param {boolean} open */
  function unfold(open) {
    if (open && !inner) {
      inner = bodyOf(id, deeds)
      body.append(...inner.elements)
    }
    body.hidden = !open
    head.setAttribute('aria-expanded', String(open))
    again()
  }
  head.addEventListener('click', () => unfold(body.hidden !== false))

  /** @param {Stand} stand @param {Drafting} drafting */
  function show(stand, drafting) {
    const { node, path, index } = stand
    again = () => show(stand, drafting)
    if (type !== node.type) {
      type = node.type
      ways = branchesOf(type).map((branch) => wayThrough(id, type, branch, deeds))
      inside.replaceChildren(...ways.map((way) => way.element))
    }
    say(number, String(index))
    say(name, nameOf(type))
    say(code, codeOf(node))
    const row = drafting.figures.rows.get(path)
    const memory = drafting.figures.memory.get(path) ?? 0
    const params = row?.params ? t('{n} parameters', { n: count(row.params) }) : t('no parameters')
    say(figures, row ? [dims(row.output), params, t('{n} operations', { n: amount(row.flops) }), bytes(memory)].join(' · ') : t('not known yet'))
    for (const { branch, empty } of ways) empty.hidden = (node.branches[branch] ?? []).length > 0

    inner?.show(stand, drafting)
    const mistake = drafting.mistake?.id === id ? drafting.mistake : null
    element.classList.toggle('refused', mistake !== null)
    attribute(head, 'aria-describedby', mistake && fault.id)
    say(fault, mistake && (body.hidden || !inner?.says(mistake)) ? remark(mistake.problem) : '')
  }

  return {
    element,
    show,
    branch: (branch) => ways.find((way) => way.branch === branch)?.list ?? null,
    focus(option) {
      if (option === undefined) return head.focus()
      unfold(true)
      inner?.focus(option)
    },
  }
}

/**
 * What an opened layer shows: what it does, its type and options, what can be done with it.
 * @param {number} id
 * @param {Deeds} deeds
 */
function bodyOf(id, deeds) {
  const does = h('p', { class: 'small-text' })
  // It stays when another type is chosen: who chooses by keys goes on in it.
  const kind = typeField((chosen) => deeds.retype(id, chosen))
  const settings = h('div', { class: 'settings' }, kind.element)
  const buttons = DEEDS.map(([deed, name]) => h('button', { type: 'button', class: `small${deed === 'remove' ? ' danger' : ''}`, 'data-deed': deed, on: { click: () => deeds.act(deed, id) } }, name))
  const group = h('div', { class: 'buttons', role: 'group' }, ...buttons)
  let type = ''
  /** @type {{ [option: string]: import('./option-field.js').OptionField }} */
  let fields = {}
  /** The option that the mistake was about. */
  let blamed = ''

  /** @param {string} next */
  function become(next) {
    for (const { element } of Object.values(fields)) element.remove()
    type = next
    blamed = ''
    const options = Object.entries(LAYERS[type] ?? {}).filter(([, { kind }]) => kind !== 'layers')
    fields = Object.fromEntries(options.map(([name]) => [name, optionField(type, name, (value) => deeds.change(id, name, value))]))
    settings.append(...Object.values(fields).map(({ element }) => element))
    say(does, LAYER_WORDS[type]?.[1] ?? '')
    kind.set(type)
  }

  /** Whether a field says what is wrong. @param {import('../core/drafting.js').Mistake | null} mistake */
  const says = (mistake) => Boolean(mistake && fields[mistake.option]?.complain)

  return {
    elements: [does, settings, group],
    says,
    /** @param {string} option */
    focus: (option) => /** @type {HTMLElement} */ (fields[option]?.element.querySelector('input, select') ?? kind.select).focus(),
    /** @param {Stand} stand @param {Drafting} drafting */
    show({ node, index }, { tree, mistake }) {
      if (node.type !== type) become(node.type)
      group.setAttribute('aria-label', t('Layer {n}: {type}', { n: index, type }))
      // What a field refuses by itself it goes on to show.
      const own = mistake?.id === id && says(mistake) ? mistake : null
      if (blamed !== (own?.option ?? '')) fields[blamed]?.complain?.(null)
      blamed = own?.option ?? ''
      if (own) fields[blamed]?.complain?.(own.problem)
      for (const [name, field] of Object.entries(fields)) field.set(node.options[name])
      for (const button of buttons) {
        const { deed } = button.dataset
        if (deed === 'up') button.disabled = !moved(tree, id, -1)
        if (deed === 'down') button.disabled = !moved(tree, id, 1)
        if (deed === 'into') button.hidden = !movedInto(tree, id)
      }
    },
  }
}
