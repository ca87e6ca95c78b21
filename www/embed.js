/** `<tab-grad>`: a network that trains, in anybody's page; docs/embedding.md says how. What pages load from a site of tabgrad. May import element.js only. */
import { TabGrad } from './element.js'

TabGrad.site ??= new URL('./', import.meta.url).href
