/**
 * Layers while they are edited: a tree in which each has an identity of its own, so that what is shown of it stays with it wherever it goes. Pure
 * functions, which make a new tree and leave the old one as it was. May import lib/at, schema.js and types.
 *
 * @typedef {import('./spec.js').Layer} Layer
 * @typedef {object} Node a layer
 * @property {number} id
 * @property {string} type
 * @property {{ [option: string]: unknown }} options without those that are layers
 * @property {{ [branch: string]: Node[] }} branches the layers inside, by the option's name
 *
 * @typedef {object} Stand where a layer stands
 * @property {Node} node
 * @property {string} path as the engine writes it: "layers[3].shortcut[0]"
 * @property {Node | null} parent
 * @property {string} branch of the parent
 * @property {number} index in it
 * @property {Node[]} siblings all of the branch
 */
import { at } from '../lib/at.js'
import { LAYERS, STARTS, branchesOf, isRequired } from './schema.js'

const TOP = 'layers'
let ids = 0

/**
 * The tree of these layers. What stands where a layer of the same type stood before is that one still.
 * @param {readonly Layer[]} layers
 * @param {readonly Node[]} [before]
 * @returns {Node[]}
 */
export const treeOf = (layers, before = []) =>
  layers.map(({ type, ...all }, n) => {
    const was = before[n]?.type === type ? before[n] : undefined
    const inner = branchesOf(type)
    return {
      id: was?.id ?? ++ids,
      type,
      options: Object.fromEntries(Object.entries(all).filter(([name]) => !inner.includes(name))),
      branches: Object.fromEntries(inner.map((name) => [name, treeOf(/** @type {Layer[]} */ (all[name] ?? []), was?.branches[name])])),
    }
  })

/**
 * @param {readonly Node[]} tree
 * @returns {Layer[]}
 */
export const layersOf = (tree) => tree.map(({ type, options, branches }) => ({ type, ...options, ...Object.fromEntries(Object.entries(branches).map(([name, nodes]) => [name, layersOf(nodes)])) }))

/**
 * All layers, each before those inside it.
 * @param {Node[]} tree
 * @param {Node | null} [parent]
 * @param {string} [branch]
 * @param {string} [within] the parent's path
 * @returns {Stand[]}
 */
export const stands = (tree, parent = null, branch = TOP, within = '') =>
  tree.flatMap((node, index) => {
    const path = `${within}${branch}[${index}]`
    return [{ node, path, parent, branch, index, siblings: tree }, ...Object.entries(node.branches).flatMap(([name, nodes]) => stands(nodes, node, name, `${path}.`))]
  })

/** @param {Node[]} tree @param {number} id @returns {Stand} */
function standOf(tree, id) {
  const found = stands(tree).find(({ node }) => node.id === id)
  if (!found) throw new RangeError(`No layer of the draft has the id ${id}.`)
  return found
}

/**
 * The tree with other layers in one branch.
 * @param {Node[]} tree
 * @param {number | null} parent null: the network itself
 * @param {string} branch
 * @param {(nodes: Node[]) => Node[]} change
 * @returns {Node[]}
 */
function withBranch(tree, parent, branch, change) {
  if (parent === null) return change(tree)
  return tree.map((node) => {
    const own = node.id === parent ? Object.entries({ ...node.branches, [branch]: change(node.branches[branch] ?? []) }) : Object.entries(node.branches).map(([name, nodes]) => [name, withBranch(nodes, parent, branch, change)])
    return { ...node, branches: Object.fromEntries(own) }
  })
}

/** @param {Node[]} tree @param {number} id @param {(node: Node) => Node[]} change what stands in its place */
function replaced(tree, id, change) {
  const { parent, branch } = standOf(tree, id)
  return withBranch(tree, parent?.id ?? null, branch, (nodes) => nodes.flatMap((node) => (node.id === id ? change(node) : [node])))
}

/** A layer as it begins. @param {string} type @returns {Node} */
export const fresh = (type) => at(treeOf([{ type, ...STARTS[type] }]), 0)

/** The same once more, with identities of its own. @param {Node} node @returns {Node} */
const copy = (node) => at(treeOf(layersOf([node])), 0)

/** @param {Node[]} tree @param {number} id @param {Node} node */
export const addedAfter = (tree, id, node) => replaced(tree, id, (one) => [one, node])

/** At the end of a branch. @param {Node[]} tree @param {number | null} parent null: the network itself @param {string} branch @param {Node} node */
export const appended = (tree, parent, branch, node) => withBranch(tree, parent, branch, (nodes) => [...nodes, node])

/** @param {Node[]} tree @param {number} id */
export const removed = (tree, id) => replaced(tree, id, () => [])

/** @param {Node[]} tree @param {number} id @returns {{ tree: Node[], node: Node }} node: the copy, which comes after it */
export function duplicated(tree, id) {
  const node = copy(standOf(tree, id).node)
  return { tree: addedAfter(tree, id, node), node }
}

/**
 * One place up (-1) or down (1); from the end of a block, out of it. Null: there is no such place.
 * @param {Node[]} tree
 * @param {number} id
 * @param {-1 | 1} by
 * @returns {Node[] | null}
 */
export function moved(tree, id, by) {
  const { node, parent, branch, index, siblings } = standOf(tree, id)
  const to = index + by
  if (to >= 0 && to < siblings.length) {
    const others = siblings.filter((one) => one !== node)
    return withBranch(tree, parent?.id ?? null, branch, () => others.toSpliced(to, 0, node))
  }
  if (!parent) return null
  return replaced(removed(tree, id), parent.id, (block) => (by < 0 ? [node, block] : [block, node]))
}

/**
 * To the end of the block that stands before it. Null: none does.
 * @param {Node[]} tree
 * @param {number} id
 * @returns {Node[] | null}
 */
export function movedInto(tree, id) {
  const { node, index, siblings } = standOf(tree, id)
  const block = siblings[index - 1]
  const branch = block && branchesOf(block.type)[0]
  return branch ? appended(removed(tree, id), block.id, branch, node) : null
}

/** With a shortcut around it. @param {Node[]} tree @param {number} id */
export const wrapped = (tree, id) => replaced(tree, id, (node) => [{ ...fresh('Residual'), branches: { layers: [node], shortcut: [] } }])

/**
 * @param {Node[]} tree
 * @param {number} id
 * @param {string} option
 * @param {unknown} value undefined: what is usual
 */
export const withOption = (tree, id, option, value) =>
  replaced(tree, id, (node) => {
    const { [option]: _, ...others } = node.options
    return [{ ...node, options: value === undefined ? others : { ...others, [option]: value } }]
  })

/**
 * Of another type: what both types have is kept, what has to be there is.
 * @param {Node[]} tree
 * @param {number} id
 * @param {string} type
 */
export const withType = (tree, id, type) =>
  replaced(tree, id, (node) => {
    const known = LAYERS[type] ?? {}
    const begins = fresh(type)
    const kept = Object.entries(node.options).filter(([name]) => name in known)
    const needed = Object.entries(begins.options).filter(([name]) => !(name in node.options) && (kept.length === 0 || (known[name] && isRequired(known[name]))))
    const inner = branchesOf(type).map((name) => [name, node.branches[name] ?? []])
    return [{ ...node, type, options: Object.fromEntries([...needed, ...kept]), branches: Object.fromEntries(inner) }]
  })

/**
 * Which layer, and which of its options, a mistake is about.
 * @param {Node[]} tree
 * @param {string} place as the engine names it: "layers[2].kernel_size", "layers[3].layers[0]", "loss"
 * @returns {{ id: number | null, option: string }} id null: of no layer
 */
export function blamed(tree, place) {
  // What comes out of the network does not suit the loss.
  if (place === 'loss' || place.startsWith('loss.')) return { id: tree.at(-1)?.id ?? null, option: '' }
  const found = stands(tree).findLast(({ path }) => place === path || place.startsWith(`${path}.`) || place.startsWith(`${path}[`))
  if (!found) return { id: null, option: '' }
  const option = /^\.(\w+)/.exec(place.slice(found.path.length))?.[1] ?? ''
  return { id: found.node.id, option }
}
