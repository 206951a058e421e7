// Subscriptions as async iterators. Events come through the benchmark's door: no network is needed.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { cluster, handleOf, native, tickShare, turns, within } from './helpers.mjs'

const publish = (node, count, bytes = 8) => native.benchPublish(handleOf(node), count, bytes)
const broadcasts = { kinds: ['broadcast'] }

test('a stream begins at the call', async (t) => {
  const [one] = await cluster(t)
  publish(one, 5)
  const stream = one.events(broadcasts)
  publish(one, 2)
  const seen = []
  for await (const { index } of stream) if (seen.push(index) === 2) break
  assert.deepEqual(seen, [0, 1])
})

test('a reader that waits gets what comes, in order, over many batches', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events({ ...broadcasts, capacity: 10_000 })
  const reading = (async () => {
    const seen = []
    for await (const event of stream) {
      assert.equal(event.label, `${event.origin.address}:${event.index}`)
      if (seen.push(event.index) === 5000) return seen
    }
  })()
  await turns(1)
  publish(one, 5000)
  const seen = await within(5000, 'all events', reading)
  assert.deepEqual(
    seen,
    Array.from({ length: 5000 }, (_, index) => index),
  )
})

test('leaving the loop ends the subscription', async (t) => {
  const [one] = await cluster(t)
  const before = one.stats().subscriptions
  const stream = one.events(broadcasts)
  assert.equal(one.stats().subscriptions, before + 1)
  publish(one, 3)
  for await (const event of stream) {
    assert.equal(event.index, 0)
    break
  }
  assert.equal(one.stats().subscriptions, before)
  assert.deepEqual(await stream.next(), { value: undefined, done: true })
})

test('a throw inside the loop ends the subscription', async (t) => {
  const [one] = await cluster(t)
  const before = one.stats().subscriptions
  publish(one, 1)
  const reading = async () => {
    const stream = one.events(broadcasts)
    publish(one, 1)
    for await (const event of stream) throw new Error(`at ${event.index}`)
  }
  await assert.rejects(reading(), { message: 'at 0' })
  assert.equal(one.stats().subscriptions, before)
})

test('return, throw and dispose end it, also for a reader that waits', async (t) => {
  const [one] = await cluster(t)
  const before = one.stats().subscriptions
  const stream = one.events(broadcasts)
  const waiting = [stream.next(), stream.next()]
  assert.deepEqual(await stream.return(), { value: undefined, done: true })
  for (const answer of waiting) assert.deepEqual(await answer, { value: undefined, done: true })
  await assert.rejects(one.events().throw(new Error('mine')), { message: 'mine' })
  await one.events()[Symbol.asyncDispose]()
  assert.equal(one.stats().subscriptions, before)
})

test('several readers of one stream share its events in the order of their calls', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events(broadcasts)
  const answers = Array.from({ length: 4 }, () => stream.next())
  publish(one, 4)
  const indexes = (await within(5000, 'four events', Promise.all(answers))).map(({ value }) => value.index)
  assert.deepEqual(indexes, [0, 1, 2, 3])
  await stream.return()
})

test('an abort rejects the reader with its reason and ends the subscription', async (t) => {
  const [one] = await cluster(t)
  const before = one.stats().subscriptions
  const controller = new AbortController()
  const stream = one.events({ signal: controller.signal })
  const [first, second] = [stream.next(), stream.next()]
  controller.abort(new Error('enough'))
  await assert.rejects(first, { message: 'enough' })
  assert.deepEqual(await second, { value: undefined, done: true })
  assert.deepEqual(await stream.next(), { value: undefined, done: true })
  assert.equal(one.stats().subscriptions, before)
})

test('an abort between two reads is told at the next one, once, and drops what waits', async (t) => {
  const [one] = await cluster(t)
  const controller = new AbortController()
  const stream = one.events({ ...broadcasts, signal: controller.signal })
  publish(one, 3)
  assert.equal((await stream.next()).value.index, 0)
  controller.abort()
  await assert.rejects(stream.next(), { name: 'AbortError' })
  assert.deepEqual(await stream.next(), { value: undefined, done: true })
})

test('a signal that is aborted already opens nothing', async (t) => {
  const [one] = await cluster(t)
  const before = one.stats().subscriptions
  assert.throws(
    () => one.events({ signal: AbortSignal.abort('no') }),
    (reason) => reason === 'no',
  )
  assert.equal(one.stats().subscriptions, before)
})

test('a signal after the end does nothing', async (t) => {
  const [one] = await cluster(t)
  const controller = new AbortController()
  const stream = one.events({ signal: controller.signal })
  await stream.return()
  controller.abort()
  assert.deepEqual(await stream.next(), { value: undefined, done: true })
})

test('a slow reader loses the oldest and learns how many', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events({ ...broadcasts, capacity: 4 })
  publish(one, 10)
  const seen = []
  for await (const event of stream) {
    seen.push(event.type === 'lagged' ? `lost ${event.missed}` : event.index)
    if (event.index === 9) break
  }
  assert.deepEqual(seen, ['lost 6', 6, 7, 8, 9])
  assert.ok(one.stats().eventsLost >= 6)
})

test('kinds that were not asked for do not come', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events({ kinds: new Set(['status']) })
  publish(one, 3)
  await one.close()
  const types = []
  for await (const event of stream) types.push(event.type)
  assert.deepEqual(types, ['closed'])
})

test('closing ends every stream with closed, after what waits', async (t) => {
  const [one] = await cluster(t)
  const streams = [one.events(broadcasts), one.events(broadcasts)]
  publish(one, 2)
  await one.close()
  for (const stream of streams) {
    const types = []
    for await (const event of stream) types.push(event.type)
    assert.deepEqual(types, ['broadcast', 'broadcast', 'closed'])
    assert.deepEqual(await stream.next(), { value: undefined, done: true })
  }
})

test('payloads of one batch are distinct views that stay as they are', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events(broadcasts)
  publish(one, 2, 100)
  const first = (await stream.next()).value
  const second = (await stream.next()).value
  assert.equal(first.bytes.length, 100)
  first.bytes.fill(0)
  assert.ok(second.bytes.every((byte) => byte === 0x5a))
  assert.equal(first.origin, second.origin)
  await stream.return()
})

test('a saturated stream leaves the event loop at least half of its ticks', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events(broadcasts)
  publish(one, 512) // and more before they are read, so that it never runs dry
  let read = 0
  const until = performance.now() + 1000
  const share = await tickShare(async () => {
    for await (const event of stream) {
      assert.equal(event.type, 'broadcast')
      read += 1
      if (read % 256 === 0) publish(one, 256, 64)
      if (performance.now() > until) break
    }
  })
  assert.ok(read > 10_000, `only ${read} events were read`)
  assert.ok(share >= 0.5, `the timer had ${(share * 100).toFixed(0)} % of its ticks`)
})

test('a loop that works for a millisecond on each event leaves the ticks, too', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events(broadcasts)
  const flood = new native.Flood(handleOf(one), 256, 64, 200)
  t.after(() => flood.stop())
  const until = performance.now() + 1000
  const share = await tickShare(async () => {
    for await (const event of stream) {
      const busy = performance.now() + 1
      while (performance.now() < busy) assert.ok(event)
      if (performance.now() > until) break
    }
  })
  assert.ok(share >= 0.5, `the timer had ${(share * 100).toFixed(0)} % of its ticks`)
})
