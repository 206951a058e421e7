// Ends while events pour in: by process.exit, also inside of a callback, by reaching its end,
// or by an error.

import { createRequire } from 'node:module'

import { startNode } from './start.mjs'

const native = createRequire(import.meta.url)('../../native.js')
const cluster = await startNode()
cluster.on('broadcast', () => {})
// Referred to, for it stops when it is collected.
globalThis.flood = new native.Flood(cluster[Symbol.for('seafoam.native')], 256, 64, 0)
let read = 0
for await (const event of cluster.events()) {
  read += event.type === 'broadcast' ? 1 : 0
  if (read > 2000) break
}
console.log('read enough')
if (process.argv[2] === 'exit') {
  cluster.events().next() // somebody waits, too
  process.exit(0)
}
if (process.argv[2] === 'inside') {
  cluster.on('broadcast', () => process.exit(0))
  await new Promise(() => setInterval(() => {}, 1000)) // it never comes
}
if (process.argv[2] === 'throw') throw new Error('on purpose')
