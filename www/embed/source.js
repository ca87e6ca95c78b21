/**
 * From `src` to an experiment: an example's name, a link of the page, or the address of a Spec. May import lib/i18n, core/ and examples/index.
 *
 * @typedef {import('../core/example.js').Example} Example
 * @typedef {import('../core/spec.js').Spec} Spec
 * @typedef {{ example: Example, spec: Spec }} Source example: whose view shows it; without an id, there is none
 */
import { fetchFile } from '../core/fetch.js'
import { EngineError } from '../core/protocol.js'
import { LinkError, fromChanges, parseHash } from '../core/share.js'
import { SpecError, formOf } from '../core/spec.js'
import { EXAMPLES } from '../examples/index.js'
import { mistake } from './options.js'
import { t } from '../lib/i18n.js'

const NAMES = EXAMPLES.map(({ id }) => id).join(', ')
const KINDS = t('The attribute src can be the name of an example ({names}), a link of tabgrad’s page from its # on, or the address of a Spec, such as ./my-network.json.', { names: NAMES })

/** The address of a Spec, or null: src is something else. @param {string} src */
export function addressOf(src) {
  if (src.includes('#') || !/[/.]/.test(src)) return null
  if (!URL.canParse(src, document.baseURI)) throw mistake(t('The attribute src="{src}" is no address.', { src }), KINDS)
  return new URL(src, document.baseURI)
}

/**
 * @param {string} id
 * @param {string} changes
 * @returns {Promise<Source>}
 */
async function ofExample(id, changes) {
  const entry = EXAMPLES.find((one) => one.id === id)
  if (!entry) throw mistake(t('There is no example “{id}”.', { id: id.slice(0, 40) }), KINDS)
  const example = await entry.load()
  const spec = fromChanges(example.spec, changes)
  example.accept(spec)
  return { example, spec }
}

/**
 * @param {Spec} spec
 * @returns {Promise<Example>} one of the page's, if it can show the spec
 */
async function exampleFor(spec) {
  for (const { load } of EXAMPLES) {
    const example = await load()
    try {
      example.accept(spec)
      return example
    } catch (error) {
      if (!(error instanceof SpecError)) throw error
    }
  }
  const measured = spec.data.type === 'Table' ? t('all examples') : undefined
  return { id: '', spec, speeds: [{ name: t('full') }], measured, accept() {} }
}

/** @param {URL} url */
async function ofFile(url) {
  const response = await fetchFile(url, { code: 'fetch' }).catch((error) => {
    throw new EngineError({ code: 'fetch', message: error.message, hint: t('Is {address} right? A server of another site must allow this one to read it (CORS).', { address: url.href }) })
  })
  const json = await response.json().catch(() => {
    throw new EngineError({ code: 'spec', message: t('{address} is not JSON.', { address: url.href }), hint: t('It must be a Spec: an experiment as one JSON object.') })
  })
  const spec = formOf({ name: t('A network'), ...json })
  return { example: await exampleFor(spec), spec }
}

/**
 * @param {string | null} src
 * @returns {Promise<Source>}
 */
export async function sourceOf(src) {
  if (!src) throw mistake(t('The attribute src is missing: it says what to train.'), KINDS)
  try {
    const url = addressOf(src)
    if (url) return await ofFile(url)
    const { id, changes } = parseHash(src.slice(src.indexOf('#') + 1))
    return await ofExample(id, changes)
  } catch (error) {
    if (!(error instanceof SpecError) && !(error instanceof LinkError)) throw error
    throw new EngineError({ code: 'spec', message: t('The experiment of src="{src}" cannot be opened: {message}.', { src: src.slice(0, 80), message: error.message }), hint: t('Correct it, or copy it from tabgrad’s page once more.') })
  }
}
