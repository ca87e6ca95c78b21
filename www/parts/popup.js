/** What unfolds over the page folds again when the visitor turns elsewhere. Imports nothing. */

/** @param {HTMLDetailsElement} details */
export function popup(details) {
  document.addEventListener('click', (event) => {
    if (event.target instanceof Node && !details.contains(event.target)) details.open = false
  })
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !details.open) return
    details.open = false
    details.querySelector('summary')?.focus()
  })
  return details
}
