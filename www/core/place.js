/** Where these files come from: the host, or a version that the service worker keeps (../sw.js). Imports nothing. */

/** The address of all files of the site that this page is made of. */
export const ROOT = new URL('..', new URL(import.meta.url)).href

/** Whether they are those of a kept version. */
export const KEPT = /\/v\/[0-9a-f]{16}\/$/.test(ROOT)

/** Whether the page is of the site's own origin. In pages of others, whose visitors did not come for this, nothing is kept. */
export const AT_HOME = new URL(import.meta.url).origin === globalThis.origin
