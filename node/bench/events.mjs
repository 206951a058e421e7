// What events cost on their way to JavaScript: one JSON object a line, for people and for programs.
//
//   npm --prefix node run build && node node/bench/events.mjs [--rounds 5]
//
// throughput_for_await   events a second by `for await`, broadcasts of 64 bytes published in bursts of
//                        256 on this thread, publishing included; beside `events.on` of Node itself
// latency_p50_us, _p99_us  from the call that publishes one event on another thread until the reader
//                        that waits for it goes on; beside a message of a worker thread
// memory_per_subscription_bytes  resident memory that one subscription adds whose reader waits

import { EventEmitter, on } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

import { Cluster } from '../index.mjs'

const native = createRequire(import.meta.url)('../native.js')

const BURST = 256
const PAYLOAD_BYTES = 64
const ITEMS = 256 * 1200
const PULSES = 1000
const PAUSE_MICROS = 1000
const SUBSCRIPTIONS = 150

const { values: given } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const rounds = Number(given.rounds)

const cluster = await Cluster.start({
  listenPort: 0,
  multicastEnabled: false,
  clusterName: `bench-${process.pid}`,
  logLevel: 'off',
})
const handle = cluster[Symbol.for('seafoam.native')]

/** Reads ITEMS from `stream`, publishing a burst each time that the last one was read; items a second. */
async function throughput(stream, publish) {
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

const ours = () =>
  throughput(cluster.events({ kinds: ['broadcast'] }), () =>
    native.benchPublish(handle, BURST, PAYLOAD_BYTES),
  )

function emitter() {
  const source = new EventEmitter()
  const payload = Buffer.alloc(PAYLOAD_BYTES)
  return throughput(on(source, 'item'), () => {
    for (let index = 0; index < BURST; index += 1) source.emit('item', { type: 'item', index, payload })
  })
}

/** The values at the middle and at 99 %. */
function percentiles(micros) {
  const sorted = micros.toSorted((a, b) => a - b)
  return { p50: sorted[sorted.length >> 1], p99: sorted[Math.floor(sorted.length * 0.99)] }
}

async function latency() {
  const micros = []
  const events = cluster.events({ kinds: ['broadcast'] })
  const pulse = new native.Pulse(handle, PAYLOAD_BYTES, PAUSE_MICROS)
  for await (const event of events) {
    micros.push(pulse.seen())
    if (event.type !== 'broadcast') throw new Error(`a ${event.type} event`)
    if (micros.length === PULSES) break
  }
  pulse.stop()
  return percentiles(micros)
}

/** The same with a worker that posts the time: what Node itself offers between two threads. */
async function messages() {
  const seen = new Int32Array(new SharedArrayBuffer(4))
  const program = `
    const { parentPort, workerData: { seen, pause } } = require('node:worker_threads')
    for (;;) {
      const count = Atomics.load(seen, 0)
      Atomics.wait(seen, 0, count, 0)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
      parentPort.postMessage({ at: process.hrtime.bigint(), payload: Buffer.alloc(${PAYLOAD_BYTES}) })
      Atomics.wait(seen, 0, count)
    }`
  const worker = new Worker(program, { eval: true, workerData: { seen, pause: PAUSE_MICROS / 1000 } })
  const micros = []
  for await (const [{ at }] of on(worker, 'message')) {
    micros.push(Number(process.hrtime.bigint() - at) / 1000)
    Atomics.add(seen, 0, 1)
    Atomics.notify(seen, 0)
    if (micros.length === PULSES) break
  }
  await worker.terminate()
  return percentiles(micros)
}

const residentBytes = () => Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096

/** Those of a round stay open, so that the next one cannot take their place. */
const waiting = []
function memory() {
  const before = residentBytes()
  const opened = Array.from({ length: SUBSCRIPTIONS }, () => cluster.events())
  for (const stream of opened) stream.next()
  waiting.push(...opened)
  return (residentBytes() - before) / SUBSCRIPTIONS
}

async function repeat(measure, peer) {
  const all = { values: [], peers: [] }
  for (let round = 0; round < rounds; round += 1) {
    all.values.push(await measure())
    if (peer) all.peers.push(await peer())
  }
  return all
}

const print = (measure, unit, values, peer, peer_values) =>
  console.log(JSON.stringify({ language: 'node', measure, unit, values, ...(peer && { peer, peer_values }) }))
const round = (digits, values) => values.map((value) => Number(value.toFixed(digits)))

// First, while the heap has no room that was taken for something else.
const memories = await repeat(memory)
for (const stream of waiting) await stream.return()
await ours() // until the code is compiled
const read = await repeat(ours, emitter)
print('throughput_for_await', 'events/s', round(0, read.values), 'events.on', round(0, read.peers))
const late = await repeat(latency, messages)
for (const at of ['p50', 'p99']) {
  const [values, peers] = [late.values, late.peers].map((list) =>
    round(
      1,
      list.map((each) => each[at]),
    ),
  )
  print(`latency_${at}_us`, 'us', values, 'worker_threads message', peers)
}
print('memory_per_subscription_bytes', 'bytes', round(0, memories.values))
await cluster.close()
