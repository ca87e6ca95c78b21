/** Defines `<tab-grad>`, as the npm package has it: docs/package.md. May import embed/element.js only. */
import { TabGrad } from './embed/element.js'

// A page may load it twice, from two places; and where there are no elements, as on a server, none is defined.
if (!globalThis.customElements?.get('tab-grad')) globalThis.customElements?.define('tab-grad', TabGrad)

export { TabGrad }
