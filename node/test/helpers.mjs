// What the tests share. Every wait has a deadline; nothing sleeps.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { Cluster } from 'seafoam'

export const native = createRequire(import.meta.url)('../native.js')
export const manifest = JSON.parse(readFileSync(new URL('../../include/seafoam-api.json', import.meta.url)))
export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())

/** The addon's own object of a cluster, for its doors. */
export const handleOf = (cluster) => cluster[Symbol.for('seafoam.native')]

let clusters = 0
/** A cluster name that no other test uses. */
export const freshName = () => `test-${process.pid}-${clusters++}`

/** Settings of a node that meets nobody by accident. */
export const local = (clusterName, more = {}) => ({
  clusterName,
  listenPort: 0,
  multicastEnabled: false,
  heartbeatMillis: 50,
  minPingTimeMillis: 50,
  suspicionFloorMillis: 300,
  logLevel: 'off',
  ...more,
})

/** Starts `count` nodes that know each other, and closes them when the test ends. */
export async function cluster(test, count = 1, more = {}) {
  const name = freshName()
  const nodes = []
  test.after(() => Promise.all(nodes.map((node) => node.close())))
  for (let index = 0; index < count; index += 1) {
    const initialHosts = nodes.map((node) => node.localNode().address)
    nodes.push(await Cluster.start(local(name, { initialHosts, ...more })))
  }
  await Promise.all(nodes.map((node) => node.ready({ minMembers: count, timeoutMillis: 10_000 })))
  return nodes
}

/** The promise, or a failure that says what did not come in time. */
export async function within(millis, what, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${millis} ms`)), millis)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The first event of a stream that fulfils the condition; the stream is ended. */
export function first(stream, what, condition, millis = 10_000) {
  const search = async () => {
    for await (const event of stream) if (condition(event)) return event
    throw new Error(`the stream ended without ${what}`)
  }
  return within(millis, what, search())
}

/** Resolves after the event loop turned so many times. */
export async function turns(count) {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Runs a program of test/programs in a process of its own; resolves with how it ended. */
export async function program(name, args = [], { timeoutMillis = 20_000, flags = [] } = {}) {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url))
  const child = spawn(process.execPath, [...flags, path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMillis)
  const started = performance.now()
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  return { code, signal, out, err, millis: performance.now() - started }
}

/** Processor time of this thread where the system tells it, else the wall clock; milliseconds. */
export function busyMillis() {
  try {
    const [nanos] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return Number(nanos) / 1e6
  } catch {
    return performance.now()
  }
}

/**
 * How many of its ticks a 10 ms timer had while `work` went on, of those that fit into the time which
 * this thread computed: on a machine with other things to do it cannot have more of the wall clock.
 */
export async function tickShare(work) {
  let ticks = 0
  const start = busyMillis()
  const timer = setInterval(() => {
    ticks += 1
  }, 10)
  await work()
  clearInterval(timer)
  return ticks / ((busyMillis() - start) / 10)
}
