// A subscription that is garbage is given back. Run with --expose-gc.

import { startNode } from './start.mjs'

const cluster = await startNode()
const before = cluster.stats().subscriptions
await (async () => {
  for (let index = 0; index < 20; index += 1) {
    const stream = cluster.events()
    cluster
      .events({ kinds: ['status'] })
      .next()
      .catch(() => {}) // somebody waits: it must stay
    await Promise.race([stream[Symbol.asyncIterator], null])
  }
})()
const opened = cluster.stats().subscriptions - before
const deadline = performance.now() + 10_000
while (cluster.stats().subscriptions - before > 20 && performance.now() < deadline) {
  globalThis.gc()
  await new Promise((resolve) => setImmediate(resolve))
}
console.log(`${opened} opened, ${cluster.stats().subscriptions - before} left`)
process.exit(0)
