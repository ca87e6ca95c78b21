/**
 * What a network goes on from when it is opened: its saved run, what the address says, or the network as it comes; and what is said of
 * that under its buttons. May import core/, lib/, parts/ and types.
 *
 * @typedef {import('./core/spec.js').Spec} Spec
 * @typedef {import('./core/store.js').Saved} Saved
 * @typedef {import('./views/workbench.js').View} View
 * @typedef {{ spec: Spec, named: boolean }} Asked by the address; named: it names a spec, not only the network
 */
import { problemOf } from './core/protocol.js'
import { formOf } from './core/spec.js'
import { refuse } from './core/store.js'
import { ago, count } from './lib/format.js'
import { said, t } from './lib/i18n.js'
import { standOf } from './parts/saved.js'

const AS_IT_COMES = t('Shown instead: the network as it comes.')
const AS_SAVED = t('Shown instead: what was saved of this network.')
const AS_IT_WAS = t('The experiment stays as it was.')

/** @param {Spec} a @param {Spec} b */
const same = (a, b) => JSON.stringify(formOf(a)) === JSON.stringify(formOf(b))
/** @param {unknown} error */
const refusal = (error) => t('The experiment in the address was refused: {why}', { why: said(problemOf(error).message) })

/** @param {() => void} showSaved shows the list of saved work */
export function opener(showSaved) {
  /**
   * Says what was wrong with the address, and what is shown instead.
   * @param {View} view
   * @param {string} message
   * @param {'comes' | 'was'} instead
   */
  function complain({ notices, keeping }, message, instead) {
    const hint = instead === 'was' ? AS_IT_WAS : keeping.version ? AS_SAVED : AS_IT_COMES
    notices.problem({ code: 'link', message, hint })
  }

  /**
   * A session of the experiment's spec, with fresh weights. A spec from the address that the engine refuses gives way to the example's own.
   * @param {View} view
   * @returns {Promise<boolean>} whether there is one
   */
  async function afresh(view) {
    const { experiment, notices } = view
    try {
      await experiment.open()
      return true
    } catch (error) {
      const problem = problemOf(error)
      const { spec } = experiment.example
      if (problem.code === 'gone') return false // said, with a remedy, by the view itself
      if (problem.code !== 'spec' || experiment.spec === spec) {
        notices.problem(problem, { name: t('Try again'), run: () => void afresh(view) })
        return false
      }
      experiment.spec = spec
      const opened = await afresh(view)
      complain(view, refusal(error), 'comes')
      return opened
    }
  }

  /**
   * @param {View} view
   * @param {string} text
   * @param {Saved} saved
   * @param {string} name of the button
   */
  const offer = (view, text, saved, name) => view.notices.info(text, { name, run: () => void goBackTo(view, saved) })

  /** @param {View} view @param {Saved} saved */
  const offerOther = (view, saved) => offer(view, t('There is saved work of this network with other settings: {stand}.', { stand: standOf(saved) }), saved, t('Open it'))

  /**
   * @param {View} view
   * @param {Spec} spec
   */
  async function startAfresh(view, spec) {
    view.experiment.spec = spec
    if (!(await afresh(view))) return
    const earlier = await view.keeping.earlier().catch(() => null)
    if (earlier) offer(view, t('Fresh weights, step 0. The earlier run is kept: {stand}.', { stand: standOf(earlier) }), earlier, t('Undo'))
  }

  /**
   * This version of the page cannot open it.
   * @param {View} view
   * @param {Saved} saved
   * @param {import('./core/protocol.js').Problem} problem
   */
  function tellRefused({ notices }, saved, { message, at }) {
    const text = t('What was saved of this network at step {step} cannot be opened by this version of the page: {why}', { step: count(saved.step), why: said(message) })
    notices.problem({ code: 'refused', message: text, at, hint: t('It is kept: the list of saved work hands it over as a file, or deletes it.') }, { name: t('Saved work'), run: showSaved })
  }

  /**
   * Goes on from a saved run that was chosen.
   * @param {View} view
   * @param {Saved} saved
   */
  async function goBackTo(view, saved) {
    const { keeping, notices } = view
    try {
      await keeping.takeUp(saved)
      notices.info(t('Taken up again: {stand}.', { stand: standOf(saved) }))
    } catch (error) {
      const problem = problemOf(error)
      if (!isRefused(problem)) return notices.problem(problem)
      await refuse(saved).catch(() => {})
      tellRefused(view, saved, problem)
    }
  }

  /** @param {import('./core/protocol.js').Problem} problem */
  const isRefused = ({ code }) => code === 'checkpoint' || code === 'spec'

  /**
   * Opens a new view's session.
   * @param {View} view
   * @param {Asked} asked
   * @param {Saved} [chosen] what it is to go on from, whatever the address says
   * @returns {Promise<void>}
   */
  async function open(view, asked, chosen) {
    const { experiment, keeping, notices } = view
    try {
      const { saved, foreign } = chosen ? { saved: chosen, foreign: false } : await keeping.find()
      if (saved && (chosen || !asked.named || same(saved.spec, asked.spec))) return await takeUp(saved, foreign)
      const opened = await afresh(view)
      if (opened && saved && same(experiment.spec, asked.spec)) offerOther(view, saved)
    } catch (error) {
      const problem = problemOf(error)
      await afresh(view)
      // Where nothing can be saved, nothing can have been: that is said when there is something to save.
      if (problem.code !== 'store-denied') notices.problem(problem)
    }

    /**
     * @param {Saved} saved
     * @param {boolean} foreign
     */
    async function takeUp(saved, foreign) {
      try {
        await keeping.takeUp(saved)
      } catch (error) {
        const problem = problemOf(error)
        if (problem.code === 'gone') return
        if (problem.code.startsWith('store-')) throw error
        if (!isRefused(problem)) return notices.problem(problem, { name: t('Try again'), run: () => void open(view, asked, chosen) })
        await refuse(saved).catch(() => {})
        await afresh(view)
        return tellRefused(view, saved, problem)
      }
      // Settings alone are what the address says anyway.
      if (!saved.step && asked.named) return
      const values = { step: count(saved.step), ago: ago(saved.when) }
      const byThis = saved.step ? t('Taken up again from step {step}, saved {ago}.', values) : t('Taken up again with changed settings, saved {ago}.', values)
      const byAnother = saved.step ? t('Taken up again from step {step}, saved {ago} by another tab.', values) : t('Taken up again with changed settings, saved {ago} by another tab.', values)
      const action = { name: t('Start afresh'), run: () => void startAfresh(view, asked.spec) }
      notices.info(foreign ? byAnother : byThis, action)
    }
  }

  /**
   * Gives an experiment in view another spec from the address.
   * @param {View} view
   * @param {Spec} spec
   */
  async function change(view, spec) {
    const { experiment, keeping } = view
    const { step } = experiment.run
    if (!experiment.opened) {
      experiment.spec = spec
      return open(view, { spec, named: true })
    }
    // Not waited for: it is asked of the engine first, and what the visitor does meanwhile must not come before the change.
    void experiment.keep()
    try {
      await experiment.edit(() => spec)
    } catch (error) {
      return complain(view, refusal(error), 'was')
    }
    if (!step || experiment.run.step) return
    const earlier = await keeping.earlier().catch(() => null)
    if (earlier) offerOther(view, earlier)
  }

  return { open, change, complain, goBackTo }
}
