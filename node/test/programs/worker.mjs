// One worker: a node of its own, which answers the first broadcast and is flooded meanwhile.

import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

import { Cluster } from 'seafoam'

const native = createRequire(import.meta.url)('../../native.js')
const cluster = await Cluster.start(workerData.config)
await cluster.ready({ minMembers: workerData.members })
parentPort.postMessage({ ready: cluster.localNode().name })
const stream = cluster.events({ kinds: ['broadcast'] })
parentPort.postMessage({ listens: true })
for await (const event of stream) {
  if (event.type !== 'broadcast') break
  parentPort.postMessage({ heard: event.bytes.toString(), from: event.origin.name })
  break
}
if (workerData.floods) {
  cluster.on('broadcast', () => {})
  globalThis.flood = new native.Flood(cluster[Symbol.for('seafoam.native')], 256, 64, 0)
  let read = 0
  for await (const event of cluster.events()) {
    read += event.type === 'broadcast' ? 1 : 0
    if (read === 2000) parentPort.postMessage({ flooded: true })
  }
}
