// The program of README.md: says hello to whoever else is there, and hears one.

import { Cluster } from '../../node/index.mjs'

// snippet
const cluster = await Cluster.start() // configured by SEAFOAM_...
const events = cluster.events()
await cluster.ready(2, { timeoutMillis: 10_000 }) // until somebody else is there
cluster.broadcast('hello')
for await (const event of events) {
  if (event.type === 'status') console.log(`${event.node.name} is ${event.status}`)
  if (event.type !== 'broadcast') continue
  console.log(`${event.origin.name} says ${event.bytes}`)
  break
}
await cluster.leave() // the others see LEFT, not a crash
// end
await cluster.close()
