/** The engine's worker: hands messages to the shell and its answers back. May import shell.js only. */
import { createShell } from './shell.js'

const receive = createShell((message, transfer) => self.postMessage(message, { transfer }))
self.onmessage = (event) => void receive(event.data)
