// Callbacks: on the JavaScript thread, in order, never after their removal.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { setLogger, setLogLevel } from 'seafoam'

import { camel, cluster, handleOf, manifest, native, tickShare, turns, within } from './helpers.mjs'

const publish = (node, count, bytes = 8) => native.benchPublish(handleOf(node), count, bytes)

/** A callback that remembers what it was called with, and a promise of its so-manieth call. */
function recorder(count = Number.POSITIVE_INFINITY) {
  const calls = []
  let enough
  const reached = new Promise((resolve) => {
    enough = resolve
  })
  const callback = (...values) => {
    if (calls.push(values) >= count) enough()
  }
  return { calls, callback, reached: (millis = 5000) => within(millis, `call ${count}`, reached) }
}

/** Resolves when what was published before was handed over: a last callback saw its marker. */
async function delivered(node) {
  const last = recorder(1)
  const handle = node.onBroadcast(last.callback)
  publish(node, 1)
  await last.reached()
  handle.remove()
}

test('on, onStatus and onBroadcast call with what happened', async (t) => {
  const [one, two] = await cluster(t, 2)
  const events = recorder(1)
  const bytes = recorder(1)
  one.on('broadcast', events.callback)
  one.onBroadcast(bytes.callback)
  two.broadcast('hello')
  await Promise.all([events.reached(), bytes.reached()])
  const [[event]] = events.calls
  assert.deepEqual(
    [event.type, event.bytes.toString(), event.origin.name],
    ['broadcast', 'hello', two.localNode().name],
  )
  const [[origin, payload, whole]] = bytes.calls
  assert.equal(origin, event.origin)
  assert.equal(payload.toString(), 'hello')
  assert.equal(whole, event)

  const statuses = recorder(1)
  one.onStatus(statuses.callback)
  const { name } = two.localNode()
  await two.leave()
  await statuses.reached()
  const [[node, status, left]] = statuses.calls
  assert.deepEqual([node.name, status, left.type, left.status], [name, 'left', 'status', 'left'])
})

test('onEvent calls for the kinds that were asked for, and always for closed', async (t) => {
  const [one] = await cluster(t)
  const some = recorder()
  const all = recorder()
  one.onEvent(some.callback, { kinds: ['status'] })
  one.onEvent(all.callback)
  publish(one, 2)
  await one.close()
  assert.deepEqual(
    some.calls.map(([event]) => event.type),
    ['closed'],
  )
  assert.deepEqual(
    all.calls.map(([event]) => event.type),
    ['broadcast', 'broadcast', 'closed'],
  )
})

test('callbacks of different types see events in their order', async (t) => {
  const [one] = await cluster(t)
  const order = []
  one.on('broadcast', ({ index }) => order.push(`first ${index}`))
  one.on('broadcast', ({ index }) => order.push(`second ${index}`))
  one.on('closed', () => order.push('closed'))
  publish(one, 2)
  await one.close()
  assert.deepEqual(order, ['first 0', 'second 0', 'first 1', 'second 1', 'closed'])
})

test('a callback sees only what happens after it was installed', async (t) => {
  const [one] = await cluster(t)
  const early = recorder(3)
  const late = recorder(1)
  one.on('broadcast', early.callback)
  publish(one, 2)
  one.on('broadcast', late.callback)
  publish(one, 1)
  await Promise.all([early.reached(), late.reached()])
  assert.equal(early.calls.length, 3)
  assert.equal(late.calls.length, 1)
})

test('one that throws, or whose promise rejects, is logged and stays', async (t) => {
  const [one] = await cluster(t)
  const lines = []
  setLogLevel('error')
  setLogger((level, text) => lines.push([level, text]))
  t.after(() => setLogger(null))
  let calls = 0
  const both = recorder(2)
  one.on('broadcast', () => {
    calls += 1
    throw new Error('from inside')
  })
  one.on('broadcast', async () => {
    throw 'a promise'
  })
  one.on('broadcast', both.callback)
  publish(one, 2)
  await both.reached()
  await turns(5)
  setLogger(null)
  assert.equal(calls, 2)
  const texts = lines.map(([level, text]) => `${level} ${text.split('\n')[0]}`)
  assert.equal(
    texts.filter((text) => text === 'error a callback threw on a broadcast event: Error: from inside').length,
    2,
  )
  assert.equal(
    texts.filter((text) => text === 'error a callback threw on a broadcast event: a promise').length,
    2,
  )
})

test('any call may be made from inside', async (t) => {
  const [one] = await cluster(t)
  const inner = recorder(1)
  let nodes
  one.once('broadcast', () => {
    nodes = one.allNodes()
    one.broadcast('from inside')
    one.on('broadcast', inner.callback)
    publish(one, 1)
  })
  publish(one, 2)
  await inner.reached()
  await delivered(one)
  assert.equal(nodes.length, 1)
  // The second event was there when the inner one was installed, or not: the third one came after.
  assert.ok(inner.calls.length >= 2)
})

/** Arguments for the calls that need some. */
const given = {
  ready: [1],
  node: ['nobody'],
  addNode: ['127.0.0.1:9'],
  removeNode: ['127.0.0.1:9'],
  pingNode: ['nobody'],
  updateNodeStatus: ['nobody', 'dead'],
  touchNode: ['nobody'],
  broadcast: ['from inside'],
  broadcastWithReceipt: ['from inside'],
  transferLeadership: ['nobody'],
  onEvent: [() => {}],
  onStatus: [() => {}],
  onBroadcast: [() => {}],
  setTags: [{}],
  send: ['nobody', 'x'],
  why: ['nobody'],
  owner: ['key'],
  owners: ['key', 2],
  get: ['listenPort'],
  set: ['heartbeatMillis', 100],
}

for (const { name, waits } of manifest.cluster_calls.filter((row) => row.callable && row.name !== 'start')) {
  const call = camel(name)
  test(`${call} may be called inside of a callback`, async (t) => {
    const [one] = await cluster(t)
    const outcome = new Promise((resolve) => {
      one.once('broadcast', () => {
        try {
          const result = one[call](...(given[call] ?? []))
          resolve(waits ? result.catch((error) => error) : result)
        } catch (error) {
          resolve(error)
        }
      })
    })
    publish(one, 2)
    const result = await within(10_000, `the end of ${call}`, outcome)
    // Refusals are those of outside, and nothing else goes wrong.
    if (result instanceof Error) assert.match(result.code, /^(unknown_node|not_available|not_leader)$/)
    const { length } = one.isClosed() ? [] : one.allNodes()
    assert.equal(length > 0, call !== 'close')
  })
}

test('off inside of a callback, of itself and of others: none is called after it', async (t) => {
  const [one] = await cluster(t)
  const counts = { self: 0, other: 0, again: 0 }
  const other = () => {
    counts.other += 1
  }
  const again = () => {
    counts.again += 1
    one.off('broadcast', again).on('broadcast', again)
  }
  const self = () => {
    counts.self += 1
    one.off('broadcast', self).off('broadcast', other)
  }
  one.on('broadcast', self).on('broadcast', other).on('broadcast', again)
  publish(one, 3)
  await delivered(one)
  assert.deepEqual([counts.self, counts.other], [1, 0])
  // What had happened already is not for one that was installed anew.
  assert.equal(counts.again, 1)
  await delivered(one)
  assert.equal(counts.again, 2)
})

test('a thousand callbacks come and go while events pour in', async (t) => {
  const [one] = await cluster(t)
  const before = one.stats().subscriptions
  const flood = new native.Flood(handleOf(one), 64, 64, 100)
  t.after(() => flood.stop())
  const late = []
  for (let round = 0; round < 1000; round += 1) {
    let removed = false
    const handle = one.onBroadcast(() => removed && late.push(round))
    if (round % 10 === 0) await turns(1)
    handle.remove()
    removed = true
  }
  flood.stop()
  await turns(10)
  assert.deepEqual(late, [])
  assert.equal(one.stats().subscriptions, before)
})

test('removal inside of a callback: none begins after it, for itself and for others', async (t) => {
  const [one] = await cluster(t)
  const other = recorder()
  let calls = 0
  const self = one.onEvent(() => {
    calls += 1
    self.remove()
    self.remove()
    second.remove()
  })
  const second = one.onBroadcast(other.callback)
  publish(one, 5)
  await delivered(one)
  assert.equal(calls, 1)
  assert.equal(other.calls.length, 0)
})

test('off removes what was installed last, once is called once', async (t) => {
  const [one] = await cluster(t)
  const twice = recorder()
  const once = recorder()
  one.on('broadcast', twice.callback).on('broadcast', twice.callback).once('broadcast', once.callback)
  publish(one, 1)
  await delivered(one)
  assert.equal(once.calls.length, 1)
  const before = twice.calls.length
  one.off('broadcast', twice.callback)
  publish(one, 1)
  await delivered(one)
  assert.equal(twice.calls.length, before + 2)
  one.off('broadcast', twice.callback).off('broadcast', twice.callback)
  const after = twice.calls.length
  publish(one, 1)
  await delivered(one)
  assert.equal(twice.calls.length, after)
  assert.equal(once.calls.length, 1)
})

test('no callback after removal, even for what waits already', async (t) => {
  const [one] = await cluster(t)
  const gone = recorder()
  const handle = one.onBroadcast(gone.callback)
  publish(one, 5)
  handle.remove()
  await delivered(one)
  assert.equal(gone.calls.length, 0)
})

test('the subscription behind the callbacks ends with the last of them', async (t) => {
  const [one] = await cluster(t)
  const before = one.stats().subscriptions
  const handles = [one.onStatus(() => {}), one.onBroadcast(() => {})]
  assert.equal(one.stats().subscriptions, before + 1)
  handles[0].remove()
  assert.equal(one.stats().subscriptions, before + 1)
  handles[1][Symbol.dispose]()
  assert.equal(one.stats().subscriptions, before)
})

test('closing hands over what waits; none is called after it', async (t) => {
  const [one] = await cluster(t)
  const all = recorder()
  one.onEvent(all.callback)
  publish(one, 3)
  await one.close()
  const { length } = all.calls
  assert.deepEqual(all.calls.at(-1)[0], { type: 'closed', error: null })
  await turns(5)
  assert.equal(all.calls.length, length)
})

test('closing from inside of a callback', async (t) => {
  const [one] = await cluster(t)
  const types = []
  const closed = new Promise((resolve) => {
    one.onEvent(async (event) => {
      types.push(event.type)
      if (types.length === 1) resolve(one.close())
    })
  })
  publish(one, 1)
  await within(5000, 'the end of close', closed)
  assert.deepEqual(types, ['broadcast', 'closed'])
})

test('a callback that is slow does not keep close for more than a second, nor the loop from turning', async (t) => {
  const [one] = await cluster(t)
  one.on('broadcast', () => {
    const busy = performance.now() + 5
    while (performance.now() < busy);
  })
  publish(one, 1000)
  const start = performance.now()
  const share = await tickShare(() => one.close())
  const millis = performance.now() - start
  assert.ok(millis < 1500, `closing took ${millis} ms`)
  assert.ok(share >= 0.5, `the timer had ${(share * 100).toFixed(0)} % of its ticks`)
})
