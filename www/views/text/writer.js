/**
 * The network writes: on demand, and by itself while it trains. May import lib/, parts/, core/protocol and its neighbours.
 *
 * @typedef {import('./generate.js').Wish} Wish
 */
import { problemOf, refusal } from '../../core/protocol.js'
import { h, say } from '../../lib/dom.js'
import { count, fixed, listed } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { numberField, rangeField, textField } from '../../parts/field.js'
import { announce } from '../../parts/live.js'
import { noticePlace } from '../../parts/notice.js'
import { lossText } from '../../parts/scales.js'
import { choicesAfter, encode, generate } from './generate.js'
import { nextCharacters } from './next.js'

const MOST_CHARACTERS = 5000
const MOST_SEED = 2 ** 32 - 1
/** Between two texts that it writes by itself: a character costs a training step or less, and most of the time is to stay for training. */
const REST_MS = 6000
const NOTHING_YET = t('Nothing is written yet: press Write, or Train.')

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * @param {string} label
 * @param {number} least
 * @param {number} most
 * @param {(value: number) => void} change
 */
function wholeField(label, least, most, change) {
  return numberField({
    label,
    min: least,
    max: most,
    step: 1,
    change(value) {
      if (!Number.isInteger(value) || value < least || value > most) throw refusal(t('{label} must be a whole number from {least} to {most}.', { label, least, most }))
      change(value)
    },
  })
}

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {(prompt: string) => void} [told] hears each prompt that has only characters that there are
 */
export function writer(setting, told = () => {}) {
  const { experiment } = setting
  /** @type {Wish} */
  let wish = { prompt: 'Call me ', temperature: 0.8, topK: 0, length: 200, seed: 0 }
  /** Whether the prompt has only characters that there are. */
  let usable = true
  /** The text that is being written. @type {{ on: boolean, by: 'visitor' | 'itself' } | null} */
  let under = null

  const notices = noticePlace()
  const given = h('strong', {})
  const added = h('span', {})
  const text = h('p', { class: 'written', translate: 'no' }, given, added)
  const when = h('p', { class: 'muted small-text' }, NOTHING_YET)
  const next = nextCharacters()

  const writeButton = h('button', { type: 'button', class: 'primary', disabled: true, on: { click: () => void write('visitor') } }, t('Write'))
  const otherButton = h('button', { type: 'button', disabled: true, on: { click: writeOther } }, t('Write another'))
  const stopButton = h('button', { type: 'button', disabled: true, on: { click: stop } }, t('Stop writing'))
  const meanwhile = h('input', { type: 'checkbox', checked: true, on: { change: () => void writeMeanwhile() } })

  const prompt = textField({
    label: t('Prompt'),
    help: t('what it goes on with; empty: it begins a line'),
    async change(value) {
      wish = { ...wish, prompt: value }
      usable = false
      if (experiment.opened) await encode(setting, value)
      usable = true
      told(value)
      look()
    },
  })
  const temperature = rangeField({
    label: t('Temperature'),
    min: 0,
    max: 2,
    step: 0.05,
    show: (value) => (value === 0 ? t('0: always the likeliest') : fixed(value, 2)),
    change: (value) => change({ temperature: value }),
  })
  const topK = wholeField(t('Top k (0: all)'), 0, 999, (value) => change({ topK: value }))
  const length = wholeField(t('Characters'), 1, MOST_CHARACTERS, (value) => change({ length: value }))
  const seed = wholeField(t('Seed of the text'), 0, MOST_SEED, (value) => change({ seed: value }))

  /** @param {Partial<Wish>} part */
  function change(part) {
    wish = { ...wish, ...part }
    look()
  }

  function showWish() {
    prompt.set(wish.prompt)
    temperature.set(wish.temperature)
    topK.set(wish.topK)
    length.set(wish.length)
    seed.set(wish.seed)
  }

  /** What could come after the prompt, while nothing is written. */
  const look = oneAtATime(async () => {
    if (under || !usable || !experiment.opened) return
    try {
      const choices = await choicesAfter(setting, wish)
      if (!under) next.show(choices)
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })

  /** @param {'visitor' | 'itself'} by */
  async function write(by) {
    if (under) under.on = false
    const mine = { on: true, by }
    under = mine
    stopButton.disabled = false
    notices.clear()
    const asked = wish
    const { step } = experiment.run
    try {
      const ids = await encode(setting, asked.prompt)
      say(given, asked.prompt)
      say(added, '')
      say(when, step || experiment.playing ? t('Written from step {step} on.', { step: count(step) }) : t('It has not learned anything yet: press Train.'))
      for await (const { character, choices } of generate(setting, ids, asked)) {
        // Stopped, or nobody sees it any more.
        if (!element.isConnected) mine.on = false
        if (!mine.on) break
        added.append(character)
        next.show(choices)
      }
    } catch (error) {
      if (mine.on) notices.problem(problemOf(error))
    }
    if (under !== mine) return
    under = null
    stopButton.disabled = true
    if (!mine.on) return
    if (by === 'visitor') announce(t('Written: {text}', { text: text.textContent ?? '' }), { soon: true })
    else remember(step, text.textContent ?? '')
  }

  function writeOther() {
    change({ seed: wish.seed === MOST_SEED ? 0 : wish.seed + 1 })
    showWish()
    void write('visitor')
  }

  function stop() {
    if (!under) return
    under.on = false
    // Otherwise it would begin again at once.
    if (under.by === 'itself') meanwhile.checked = false
  }

  /** While it trains and is seen, and the visitor does not let it write: a text, a rest, a text. */
  const writeMeanwhile = oneAtATime(async () => {
    while (experiment.playing && meanwhile.checked && element.isConnected) {
      if (!under && usable && !document.hidden) await write('itself')
      await sleep(REST_MS)
    }
  })

  // How it wrote before: one text for each doubling of the steps.
  const earlier = h('ol', { class: 'earlier' })
  const earlierBox = h('div', { class: 'stack', hidden: true }, h('h3', {}, t('How it wrote before')), earlier)
  let rememberedAt = 0
  /**
   * @param {number} step
   * @param {string} written
   */
  function remember(step, written) {
    if (step < 2 * rememberedAt) return
    rememberedAt = step
    const { evaluation } = experiment.run
    const how = [t('Step {step}', { step: count(step) }), ...(evaluation ? [lossText(experiment.example, evaluation.loss)] : [])]
    earlier.prepend(h('li', {}, h('span', { class: 'muted small-text' }, listed(how)), h('p', { class: 'written', translate: 'no' }, written)))
    earlierBox.hidden = false
  }

  experiment.on('opened', () => {
    writeButton.disabled = otherButton.disabled = false
    look()
  })
  experiment.on('evaluated', look)
  experiment.on('playing', (playing) => playing && void writeMeanwhile())
  experiment.on('restarted', () => {
    if (under) under.on = false
    rememberedAt = 0
    earlier.replaceChildren()
    earlierBox.hidden = true
    for (const one of [given, added]) say(one, '')
    say(when, NOTHING_YET)
  })

  showWish()
  told(wish.prompt)
  const element = h(
    'div',
    { class: 'writer' },
    h('div', { class: 'stack' }, prompt.element, h('div', { class: 'settings' }, temperature.element, topK.element, length.element, seed.element)),
    h(
      'div',
      { class: 'buttons' },
      writeButton,
      otherButton,
      stopButton,
      h('label', { class: 'check' }, meanwhile, t('every few seconds while it trains')),
    ),
    notices.element,
    text,
    when,
    earlierBox,
  )
  return { element, next: next.element }
}
