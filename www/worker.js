/**
 * The engine's worker: hands messages to the shell and its answers back. Its first message says where files are, and brings the ports of its threads. May import shell.js only.
 */
import { createShell } from './shell.js'

self.onmessage = ({ data, ports }) => {
  const receive = createShell((message, transfer) => self.postMessage(message, { transfer }), data, ports)
  self.onmessage = (event) => void receive(event.data)
}
