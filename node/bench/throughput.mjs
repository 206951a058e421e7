// `for await` over a cluster's events beside `events.on` of Node itself, in one run: bursts of 256
// events are published (emitted), then read. Prints items per second, the median of the rounds.
//
//   node bench/throughput.mjs [rounds] [--json]

import { EventEmitter, on } from 'node:events'
import { createRequire } from 'node:module'

import { Cluster } from '../index.mjs'

const native = createRequire(import.meta.url)('../native.js')

const BURST = 256
const PAYLOAD_BYTES = 64
const ITEMS = 256 * 1200
const rounds = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 5)

/** Reads ITEMS from `stream`, publishing a burst each time that the last one was read. */
async function measure(stream, publish) {
  let read = 0
  const start = performance.now()
  publish()
  for await (const item of stream) {
    if (item === undefined) throw new Error('an item is missing')
    read += 1
    if (read === ITEMS) break
    if (read % BURST === 0) publish()
  }
  return (ITEMS / (performance.now() - start)) * 1000
}

const cluster = await Cluster.start({
  listenPort: 0,
  multicastEnabled: false,
  clusterName: 'bench',
  logLevel: 'off',
})
const handle = cluster[Symbol.for('seafoam.native')]

const ours = () =>
  measure(cluster.events({ kinds: ['broadcast'] }), () => native.benchPublish(handle, BURST, PAYLOAD_BYTES))

function peers() {
  const emitter = new EventEmitter()
  const payload = Buffer.alloc(PAYLOAD_BYTES)
  return measure(on(emitter, 'item'), () => {
    for (let index = 0; index < BURST; index += 1) emitter.emit('item', { type: 'item', index, payload })
  })
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
const results = { seafoam: [], 'events.on': [] }
for (let round = 0; round < rounds; round += 1) {
  results.seafoam.push(await ours())
  results['events.on'].push(await peers())
}
await cluster.close()

const seafoam = Math.round(median(results.seafoam))
const peer = Math.round(median(results['events.on']))
const ratio = Number((seafoam / peer).toFixed(3))
if (process.argv.includes('--json')) console.log(JSON.stringify({ seafoam, 'events.on': peer, ratio }))
else console.log(`seafoam ${seafoam} items/s, events.on ${peer} items/s, ratio ${ratio}`)
