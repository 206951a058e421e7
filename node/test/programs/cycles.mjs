// What starting and closing leaves behind in this process: 200 times, with a reader, a callback, a
// wait and a subscription that nobody reads. Prints one JSON object. Run with --expose-gc.

import { readdirSync, readFileSync } from 'node:fs'

import { startNode } from './start.mjs'

const CYCLES = 200
/** So many before it is measured: the allocator takes what it will keep, and code is compiled. */
const WARM = 800

const threads = () => readdirSync('/proc/self/task').length
const files = () => readdirSync('/proc/self/fd').length
const residentBytes = () => Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096

const empty = { threads: threads(), files: files() + 4 } // the log's and the loop's own

async function cycle() {
  const cluster = await startNode()
  cluster.on('status', () => {})
  cluster.events()
  const reading = (async () => {
    for await (const event of cluster.events({ initial: true })) if (event.type === 'closed') return
  })()
  const waiting = cluster.ready(2).catch((error) => error.code)
  const given = new AbortController()
  const aborted = cluster.ready(2, { signal: given.signal }).catch((error) => error.name)
  given.abort()
  await cluster.close()
  await reading
  if ((await waiting) !== 'closed' || (await aborted) !== 'AbortError')
    throw new Error('a wait ended wrongly')
}

/** What there is once garbage is gone and the engine's thread, which ends last, has ended with its files. */
async function measure(most) {
  const deadline = performance.now() + 10_000
  do {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
  } while ((threads() > most.threads || files() > most.files) && performance.now() < deadline)
  return { threads: threads(), files: files(), bytes: residentBytes() }
}

await cycle() // the first one opens what stays, such as the bell
const idle = await measure(empty)
for (let warm = 0; warm < WARM; warm += 1) await cycle()
const before = await measure(idle)
for (let round = 0; round < CYCLES; round += 1) await cycle()
const after = await measure(idle)
console.log(JSON.stringify({ idle, before, after, cycles: CYCLES }))
