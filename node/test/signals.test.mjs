// AbortSignal on every call that waits: the reason at once, and nothing left behind.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'

import { Cluster } from 'seafoam'

import { cluster, freshName, local, within } from './helpers.mjs'

const SILENT = '127.0.0.1:1' // nobody answers there: a wait for it ends by its signal or its deadline

const waits = {
  ready: (node, signal) => node.ready({ minMembers: 9, signal }),
  'ready with a number': (node, signal) => node.ready(9, { signal }),
  pingNode: (node, signal) => node.pingNode(SILENT, { signal }),
}

for (const [name, call] of Object.entries(waits)) {
  test(`${name} that is aborted while it waits rejects with the reason at once`, async (t) => {
    const [one] = await cluster(t, 1, { minPingTimeMillis: 60_000, pingHistoryFrontloadMillis: 60_000 })
    const controller = new AbortController()
    const reason = new Error('enough')
    const waiting = call(one, controller.signal)
    setImmediate(() => controller.abort(reason))
    await assert.rejects(within(2000, 'the reason', waiting), (error) => error === reason)
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  })
}

const answered = {
  ready: (node, signal) => node.ready({ signal }),
  leave: (node, signal) => node.leave({ signal }),
}

for (const [name, call] of Object.entries(answered)) {
  test(`${name} that is answered leaves its signal alone`, async (t) => {
    const [one] = await cluster(t)
    const controller = new AbortController()
    await call(one, controller.signal)
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
    controller.abort()
    assert.equal(one.isClosed(), false)
  })
}

const all = {
  ...waits,
  ...answered,
  start: (_, signal) => Cluster.start(local(freshName()), { signal }),
  send: (node, signal) => node.send(SILENT, 'x', { signal }),
  resign: (node, signal) => node.resign({ signal }),
  transferLeadership: (node, signal) => node.transferLeadership(SILENT, { signal }),
}

for (const [name, call] of Object.entries(all)) {
  test(`${name} with a signal that is aborted already does nothing`, async (t) => {
    const [one] = await cluster(t)
    await assert.rejects(call(one, AbortSignal.abort('no')), (reason) => reason === 'no')
    assert.deepEqual(one.localNode().status, 'alive')
  })

  test(`${name} refuses what is no signal`, async (t) => {
    const [one] = await cluster(t)
    await assert.rejects(call(one, 7), {
      code: 'invalid_config',
      message: 'signal = 7 is refused: it takes an AbortSignal',
    })
  })
}

test('a start that is aborted leaves no cluster open: its port is free again', async () => {
  const before = await Cluster.start(local(freshName()))
  const listenPort = before.get('listenPort')
  await before.close()
  const controller = new AbortController()
  const starting = Cluster.start(local(freshName(), { listenPort }), { signal: controller.signal })
  controller.abort()
  await assert.rejects(starting, { name: 'AbortError' })
  const deadline = performance.now() + 10_000
  for (;;) {
    try {
      const after = await Cluster.start(local(freshName(), { listenPort }))
      await after.close()
      return
    } catch (error) {
      assert.equal(error.code, 'address_in_use')
      assert.ok(performance.now() < deadline, 'the port stays taken by the start that was aborted')
    }
  }
})

test('a deadline of the platform works as a signal', async (t) => {
  const [one] = await cluster(t)
  await assert.rejects(one.ready({ minMembers: 2, signal: AbortSignal.timeout(20) }), {
    name: 'TimeoutError',
  })
})
