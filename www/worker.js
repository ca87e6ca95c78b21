/**
 * The engine's worker: hands messages to the shell and its answers back. Its first message brings the ports of its threads. May import shell.js only.
 */
import { createShell } from './shell.js'

self.onmessage = ({ ports }) => {
  const receive = createShell((message, transfer) => self.postMessage(message, { transfer }), ports)
  self.onmessage = (event) => void receive(event.data)
}
