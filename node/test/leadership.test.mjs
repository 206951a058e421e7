// The idiom of leading: a turn of the loop for each tenure, with a signal that ends with it.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'

import { Cluster, SeafoamError } from 'seafoam'

import { cluster, freshName, local, within } from './helpers.mjs'

const LONG = 20_000
// Nobody listens at these ports: the nodes find each other by their seed.
const names = ['a', 'b', 'c']

/** So many lighthouses, which all stand, with leases of a second. */
async function voters(t, count) {
  const name = freshName()
  const lighthouses = names.slice(0, count).map((own, index) => `${own}=127.0.0.1:${index + 1}`)
  const nodes = []
  t.after(() => Promise.all(nodes.map((node) => node.close())))
  for (const own of names.slice(0, count)) {
    const initialHosts = nodes.slice(0, 1).map((node) => node.localNode().address)
    nodes.push(
      await Cluster.start(local(name, { name: own, lighthouses, initialHosts, leaderLeaseMillis: 1000 })),
    )
  }
  return nodes
}

/** Waits until the signal is aborted, and checks that the lead was lost. */
async function ended({ signal, term, ...tenure }, millis = LONG) {
  if (!signal.aborted) await within(millis, 'the end of a tenure', once(signal, 'abort'))
  assert.ok(signal.reason instanceof SeafoamError, tenure)
  assert.equal(signal.reason.code, 'not_leader')
  assert.ok(signal.reason.message.includes(term))
}

/** Whoever comes to lead first. */
async function leads(nodes) {
  const begin = Date.now()
  for (;;) {
    const leader = nodes.find((node) => node.isLeader())
    if (leader) return leader
    assert.ok(Date.now() - begin < LONG, 'nobody leads')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a turn for each tenure, and the end of a turn gives it up', async (t) => {
  const [one] = await voters(t, 1)
  const terms = []
  for await (const tenure of one.leadership()) {
    terms.push(tenure.term)
    assert.equal(one.isLeader(), true)
    assert.equal(tenure.isHeld(), true)
    assert.equal(tenure.lease().term, tenure.term)
    assert.equal(tenure.termQuality, 'clock_floor')
    assert.equal(tenure.signal.aborted, false)
    if (terms.length === 2) {
      await one.resign()
      await ended(tenure)
      assert.equal(tenure.isHeld(), false)
      await tenure.resign()
    }
    if (terms.length === 3) break
  }
  assert.equal(one.isLeader(), false)
  assert.deepEqual(
    terms,
    [...new Set(terms)].sort((a, b) => a - b),
  )
  for await (const tenure of one.leadership({ resign: false })) {
    assert.ok(tenure.term > terms[2])
    break
  }
  assert.equal(one.isLeader(), true)
})

test('a tenure ends by transfer, and by close, which ends the loop', async (t) => {
  const nodes = await voters(t, 3)
  const leader = await leads(nodes)
  const heir = nodes.find((node) => node !== leader)
  for await (const tenure of leader.leadership()) {
    await leader.transferLeadership(heir.localNode())
    await ended(tenure)
    break
  }
  let turns = 0
  for await (const tenure of heir.leadership()) {
    turns += 1
    await heir.close()
    await ended(tenure)
    assert.equal(tenure.isHeld(), false)
  }
  for await (const _ of heir.leadership()) turns += 1
  assert.equal(turns, 1)
})

test('a tenure ends with its lease where no lighthouse answers', async (t) => {
  const nodes = await voters(t, 3)
  const leader = await leads(nodes)
  for await (const tenure of leader.leadership()) {
    await Promise.all(nodes.filter((node) => node !== leader).map((node) => node.close()))
    await ended(tenure, 4000)
    break
  }
  assert.equal(leader.isLeader(), false)
})

test('a signal ends the wait, and follows into the turn', async (t) => {
  const [one] = await voters(t, 1)
  const turn = new AbortController()
  const inside = async () => {
    for await (const tenure of one.leadership({ signal: turn.signal, resign: false })) {
      queueMicrotask(() => turn.abort(new Error('enough')))
      await once(tenure.signal, 'abort')
      assert.equal(tenure.signal.reason.message, 'enough')
    }
  }
  await assert.rejects(inside, /enough/)
  await one.resign()
  const wait = new AbortController()
  const next = one.leadership({ signal: wait.signal }).next()
  wait.abort(new Error('no more'))
  await assert.rejects(next, /no more/)
  assert.throws(() => one.leadership({ signal: wait.signal }), /no more/)
})

test('never two are inside', async (t) => {
  const nodes = await voters(t, 3)
  const done = new AbortController()
  let inside = 0
  let turns = 0
  const stand = async (node) => {
    for await (const { signal } of node.leadership({ signal: done.signal })) {
      inside += 1
      assert.equal(inside, 1)
      const pause = new Promise((resolve) => setTimeout(resolve, 50))
      if (!signal.aborted) await Promise.race([once(signal, 'abort'), pause])
      inside -= 1
      turns += 1
      if (turns === 4) done.abort(new Error('enough'))
    }
  }
  const outcomes = await within(LONG, 'four turns', Promise.allSettled(nodes.map(stand)))
  for (const { reason } of outcomes) assert.equal(reason.message, 'enough')
})

test('whoever can never lead is told at once', async (t) => {
  const [plain] = await cluster(t)
  await assert.rejects(plain.leadership().next(), { code: 'not_valid' })
  assert.throws(() => plain.leadership({ resign: 'no' }), { code: 'invalid_config' })
})
