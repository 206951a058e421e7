// What keeps a process alive, and how it ends.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { cluster, first as firstOf, local, program, turns, within } from './helpers.mjs'

test('an idle cluster does not keep the process alive', async () => {
  const { code, signal, out, err } = await program('idle.mjs')
  assert.deepEqual([code, signal, out, err], [0, null, 'nothing kept it\n', ''])
})

for (const [what, output] of [
  ['event', 'read closed\n'],
  ['ready', 'timeout true\n'],
  ['leave', 'left\n'],
]) {
  test(`whoever waits for ${what} keeps the process alive, and no longer`, async () => {
    const { code, signal, out, err } = await program('waits.mjs', [what])
    assert.deepEqual([code, signal, out, err], [0, null, output, ''])
  })
}

/** How a process amid busy events ends, and with what. */
const ends = {
  exit: { code: 0, err: /^$/ },
  inside: { code: 0, err: /^$/ },
  end: { code: 0, err: /^$/ },
  throw: { code: 1, err: /Error: on purpose/ },
}

test('leaving amid busy events by any way, a hundred times', async () => {
  const ways = Object.keys(ends)
  let next = 0
  const lane = async () => {
    while (next < 100) {
      const run = next++
      const way = ways[run % ways.length]
      const { code, signal, out, err } = await program('busy.mjs', [way])
      assert.deepEqual(
        [code, signal, out],
        [ends[way].code, null, 'read enough\n'],
        `run ${run}, ${way}: ${err}`,
      )
      assert.match(err, ends[way].err, `run ${run}, ${way}`)
    }
  }
  await Promise.all(Array.from({ length: 4 }, lane))
})

test('a subscription that is garbage is given back, one that is waited for is not', async () => {
  const { code, out, err } = await program('collect.mjs', [], { flags: ['--expose-gc'] })
  assert.deepEqual([code, out, err], [0, '40 opened, 20 left\n', ''])
})

test('lines that wait at the end reach the logger', async () => {
  const { code, out, err } = await program('logs.mjs')
  assert.deepEqual([code, out, err], [0, 'info: line 0\ninfo: line 1\ninfo: line 2\n', ''])
})

/** A worker, and what it said so far. */
class Member {
  #messages = []
  #arrived = () => {}

  constructor(workerData) {
    this.worker = new Worker(new URL('programs/worker.mjs', import.meta.url), { workerData })
    this.exit = once(this.worker, 'exit')
    this.worker.on('message', (message) => {
      this.#messages.push(message)
      this.#arrived()
    })
  }

  /** The first message that has this key, also one that came before. */
  async said(key) {
    const search = async () => {
      for (;;) {
        const found = this.#messages.find((message) => key in message)
        if (found) return found
        await new Promise((resolve) => {
          this.#arrived = resolve
        })
      }
    }
    return within(15_000, `the message ${key}`, search())
  }
}

/** Starts workers with nodes of their own, which join the given ones; resolves when all listen. */
async function members(t, nodes, count, floods) {
  const initialHosts = nodes.map((node) => node.localNode().address)
  const config = local(nodes[0].get('clusterName'), { initialHosts })
  const all = Array.from(
    { length: count },
    () => new Member({ config, members: count + nodes.length, floods }),
  )
  t.after(() => Promise.all(all.map(({ worker }) => worker.terminate())))
  for (const member of all) await member.said('listens')
  return all
}

test('worker threads have nodes of their own', async (t) => {
  const [one] = await cluster(t)
  const all = await members(t, [one], 3, false)
  const names = await Promise.all(all.map((member) => member.said('ready')))
  assert.equal(new Set(names.map(({ ready }) => ready)).size, 3)
  one.broadcast('to the workers')
  for (const member of all) {
    assert.deepEqual(await member.said('heard'), { heard: 'to the workers', from: one.localNode().name })
  }
  // They reach their end with a cluster open, which does not keep them.
  for (const member of all) assert.deepEqual(await within(10_000, 'the end of a worker', member.exit), [0])
})

test('workers that are terminated amid busy events harm nobody', async (t) => {
  const [one, two] = await cluster(t, 2)
  const [first, ...others] = await members(t, [one, two], 3, true)
  one.broadcast('begin')
  for (const member of [first, ...others]) await member.said('flooded')

  const { ready: name } = await first.said('ready')
  const stream = one.events({ kinds: ['status'] })
  await within(10_000, 'the end of a worker', first.worker.terminate())
  const dead = await firstOf(
    stream,
    `${name} dead`,
    (event) => event.node.name === name && event.status === 'dead',
  )
  assert.equal(dead.node.status, 'dead')

  for (const { worker } of others) await within(10_000, 'the end of a worker', worker.terminate())
  const heard = firstOf(two.events({ kinds: ['broadcast'] }), 'the broadcast', () => true)
  one.broadcast('still here')
  assert.equal((await heard).bytes.toString(), 'still here')
})

test('threads of workers that were terminated end, and what their clusters held is given back', async (t) => {
  const held = () => [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length]
  const round = async () => {
    const [one] = await cluster(t)
    const all = await members(t, [one], 4, true)
    one.broadcast('begin')
    for (const member of all) await member.said('flooded')
    await Promise.all(all.map(({ worker }) => worker.terminate()))
    await one.close()
  }
  const [idle] = await cluster(t) // so that there is an engine thread before and after
  assert.equal(idle.isClosed(), false)
  const before = held()
  for (let again = 0; again < 4; again += 1) await round()
  const deadline = performance.now() + 10_000
  while (held().some((count, index) => count > before[index]) && performance.now() < deadline) await turns(10)
  assert.deepEqual(held(), before)
})
