// What clusters and subscriptions cost, and what they leave behind.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Cluster } from 'seafoam'

import {
  busyMillis,
  cluster,
  first,
  freshName,
  handleOf,
  local,
  native,
  program,
  within,
} from './helpers.mjs'

const publish = (node, count, bytes = 64) => native.benchPublish(handleOf(node), count, bytes)
const threads = () => readdirSync('/proc/self/task').length
const residentBytes = () => Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096

test('200 times started and closed leaves no thread, no file and no memory behind', async () => {
  const { code, out, err } = await program('cycles.mjs', [], {
    flags: ['--expose-gc'],
    timeoutMillis: 60_000,
  })
  assert.deepEqual([code, err], [0, ''])
  const { idle, before, after, cycles } = JSON.parse(out)
  assert.equal(cycles, 200)
  assert.deepEqual([before.threads, before.files], [idle.threads, idle.files])
  assert.deepEqual([after.threads, after.files], [idle.threads, idle.files])
  // Garbage of JavaScript comes and goes in pages; a leak of 20 KiB a cluster would be seen.
  const grown = (after.bytes - before.bytes) / cycles
  assert.ok(grown < 20 * 1024, `${Math.round(grown)} bytes stayed of each cluster`)
})

test('fifty clusters in one process: one thread, everybody hears everybody, closing takes a moment', async (t) => {
  const before = threads()
  const name = freshName()
  const nodes = [await Cluster.start(local(name))]
  t.after(() => Promise.all(nodes.map((node) => node.close())))
  const initialHosts = [nodes[0].localNode().address]
  const starting = Array.from({ length: 49 }, () => Cluster.start(local(name, { initialHosts })))
  nodes.push(...(await Promise.all(starting)))
  await Promise.all(nodes.map((node) => node.ready(50, { timeoutMillis: 30_000 })))
  assert.ok(threads() - before <= 4, `${threads() - before} threads more`)
  const streams = nodes.slice(1).map((node) => node.events({ kinds: ['broadcast'] }))
  const heard = streams.map((stream, index) => first(stream, `the broadcast at ${index}`, () => true, 30_000))
  nodes[0].broadcast('to all')
  for (const event of await Promise.all(heard)) assert.equal(event.bytes.toString(), 'to all')
  const start = performance.now()
  await Promise.all(nodes.map((node) => node.close()))
  const millis = performance.now() - start
  assert.ok(millis < 2000, `closing took ${millis} ms`)
})

test('closing while readers and waits are open ends each of them', async (t) => {
  const [one] = await cluster(t)
  const streams = [one.events(), one.events({ kinds: ['status'] })]
  const reads = streams.flatMap((stream) => [stream.next(), stream.next()])
  const waits = [one.ready(9), one.pingNode('127.0.0.1:1')]
  const ends = waits.map((wait) => wait.then(assert.fail, ({ code }) => code))
  await one.close()
  for (const index of [0, 2]) assert.deepEqual((await reads[index]).value, { type: 'closed', error: null })
  for (const index of [1, 3]) assert.equal((await reads[index]).done, true)
  assert.deepEqual(await within(5000, 'the end of all waits', Promise.all(ends)), ['closed', 'closed'])
})

/** Publishes so many events in bursts while `stream` is read to the last; processor milliseconds. */
async function readAll(node, stream, events) {
  const burst = 256
  const start = busyMillis()
  let read = 0
  publish(node, burst)
  for await (const event of stream) {
    assert.equal(event.type, 'broadcast')
    read += 1
    if (read === events) break
    if (read % burst === 0) publish(node, Math.min(burst, events - read))
  }
  return busyMillis() - start
}

test('a reader that reads nothing until 100 000 events were written harms nobody', async (t) => {
  const [one, two] = await cluster(t, 2)
  const events = 100_000
  const { name } = two.localNode()
  const alone = []
  const beside = []
  const sleeping = one.events()
  const left = first(one.events({ kinds: ['status'] }), `${name} left`, (event) => event.status === 'left')
  await two.leave()
  await left // so the sleeping one has the status, too, before all that follows
  for (let round = 0; round < 3; round += 1) {
    beside.push(await readAll(one, one.events({ kinds: ['broadcast'] }), events))
    const bystander = await cluster(t)
    alone.push(await readAll(bystander[0], bystander[0].events({ kinds: ['broadcast'] }), events))
  }
  // Another queue to fill costs something; a queue that grew or that anybody waited for costs far more.
  const ratio = Math.min(...beside) / Math.min(...alone)
  assert.ok(ratio < 2.5, `beside a sleeping reader it takes ${ratio.toFixed(2)} times as long`)

  // The clock of the engine was not held up either: a ping is answered at once.
  const three = await Cluster.start(
    local(one.get('clusterName'), { initialHosts: [one.localNode().address] }),
  )
  t.after(() => three.close())
  await three.ready(2)
  assert.ok((await three.pingNode(one.localNode())) < 1000)

  const seen = { lagged: 0, broadcast: 0, status: new Map() }
  await one.close()
  for await (const event of sleeping) {
    if (event.type === 'lagged') seen.lagged += event.missed
    if (event.type === 'broadcast') seen.broadcast += 1
    if (event.type === 'status') seen.status.set(event.node.name, event.status)
  }
  assert.equal(seen.broadcast, 1024)
  assert.equal(seen.lagged, 3 * events - 1024)
  assert.equal(seen.status.get(name), 'left')
})

test('a subscription that waits costs less than 128 KiB', async (t) => {
  const [one] = await cluster(t)
  const open = (count) => Array.from({ length: count }, () => one.events())
  const warm = open(50)
  const before = residentBytes()
  const streams = open(200)
  const each = (residentBytes() - before) / streams.length
  assert.ok(each < 128 * 1024, `${Math.round(each)} bytes`)
  await Promise.all([...warm, ...streams].map((stream) => stream.return()))
})
