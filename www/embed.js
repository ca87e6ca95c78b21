/** `<tab-grad>`: a network that trains, in anybody's page; docs/embedding.md says how. What pages load. May import embed/element.js only. */
import { TabGrad } from './embed/element.js'

// A page may load it twice, from two places.
if (!customElements.get('tab-grad')) customElements.define('tab-grad', TabGrad)
