/** Lets waiting messages in. Unlike a timer, it is not slowed down to 4 ms. Imports nothing. */
export function macrotask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close() // an open one keeps Node from ending
      resolve(undefined)
    }
    port2.postMessage(null)
  })
}
