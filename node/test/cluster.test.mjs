// What a cluster is for: nodes meet, talk, fail and leave.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Cluster } from 'seafoam'

import { cluster, first, freshName, handleOf, local, native, within } from './helpers.mjs'

/** The first event that says that `name` became `status`. */
const becomes = (stream, name, status) =>
  first(
    stream,
    `${name} ${status}`,
    (event) => event.type === 'status' && event.node.name === name && event.status === status,
  )

test('a node that joins is seen by all, with its own settings', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events({ kinds: ['status'] })
  const two = await Cluster.start(
    local(one.get('clusterName'), { initialHosts: [one.localNode().address], name: 'two', datacenter: 7 }),
  )
  t.after(() => two.close())
  const event = await becomes(stream, 'two', 'alive')
  assert.equal(event.node.datacenter, 7)
  assert.equal(event.node.status, 'alive')
  assert.ok(event.node.generation > 0)
  await one.ready({ minMembers: 2 })
  assert.deepEqual(
    one
      .healthyNodes()
      .map((node) => node.name)
      .sort(),
    [one.localNode().name, 'two'].sort(),
  )
  assert.equal(one.node('two').address, two.localNode().address)
  assert.equal(one.node(two.localNode().address).name, 'two')
  assert.equal(one.node(two.localNode()).name, 'two')
  assert.equal(one.node('nobody'), null)
})

test('a broadcast reaches every other member once, as bytes or text', async (t) => {
  const [one, two, three] = await cluster(t, 3)
  const streams = [one, two, three].map((node) => node.events({ kinds: ['broadcast'] }))
  const label = one.broadcast(Buffer.from([0, 1, 255]))
  assert.equal(label, `${one.localNode().address}:${label.split(':').at(-1)}`)
  one.broadcast('grüße')
  for (const stream of streams.slice(1)) {
    const seen = []
    await within(
      10_000,
      'both broadcasts',
      (async () => {
        for await (const event of stream) {
          assert.equal(event.origin.name, one.localNode().name)
          assert.equal(event.label, `${one.localNode().address}:${event.index}`)
          if (seen.push(event.bytes) === 2) break
        }
      })(),
    )
    assert.deepEqual(
      seen.map((bytes) => bytes.toString('hex')).sort(),
      ['0001ff', Buffer.from('grüße').toString('hex')].sort(),
    )
  }
  // Its own broadcast never comes back: the next event of the origin is another one.
  two.broadcast('answer')
  const answer = await first(streams[0], 'the answer', () => true)
  assert.equal(answer.bytes.toString(), 'answer')
})

test('a node that leaves is seen as left, not as dead', async (t) => {
  const [one, two] = await cluster(t, 2)
  const stream = one.events({ kinds: ['status'] })
  const { name } = two.localNode()
  await two.leave()
  await two.leave()
  const event = await becomes(stream, name, 'left')
  assert.ok(['alive', 'suspected'].includes(event.previous))
  assert.deepEqual(
    one.healthyNodes().map((node) => node.name),
    [one.localNode().name],
  )
  assert.equal(one.node(name).status, 'left')
})

test('a scope that ends leaves first, then closes', async (t) => {
  const [one, two] = await cluster(t, 2)
  const stream = one.events({ kinds: ['status'] })
  const { name } = two.localNode()
  await two[Symbol.asyncDispose]()
  assert.equal(two.isClosed(), true)
  assert.equal((await becomes(stream, name, 'left')).node.name, name)
  await two[Symbol.asyncDispose]()
})

test('a node that closes without leaving is dead to the others', async (t) => {
  const [one, two] = await cluster(t, 2)
  const stream = one.events({ kinds: ['status'] })
  const { name } = two.localNode()
  await two.close()
  const event = await becomes(stream, name, 'dead')
  assert.equal(event.node.name, name)
  const why = one.why(name)
  assert.equal(why.node.status, 'dead')
  assert.equal(typeof why.ownPingFailed, 'boolean')
  assert.ok(why.witnessHints.includes('gone'), JSON.stringify(why.witnessHints))
  assert.equal(why.witnesses.length, why.witnessHints.length)
  assert.equal(why.witnesses.length, why.witnessMillis.length)
  assert.ok(why.accuser !== '' && why.accuser !== name)
  assert.ok(Math.max(...why.witnessMillis) <= why.suspectedMillis)
  assert.ok(why.sinceMillis <= why.suspectedMillis && why.suspectedMillis <= why.heardMillis)
  assert.ok(['none', 'silent', 'hung', 'gone'].includes(why.ownHint))
  assert.deepEqual([...why.helpersFailed, ...why.helpersSilent], [])
})

test('a receipt names those who have a broadcast and those who do not', async (t) => {
  const [one, two, three] = await cluster(t, 3)
  const heard = two.events({ kinds: ['broadcast'] })
  const names = (nodes) => nodes.map((node) => node.name)
  const wait = { timeoutMillis: 20_000 }
  const all = await one.broadcastWithReceipt(Buffer.from('all?'), wait)
  assert.deepEqual(names(all.confirmed), names([two.localNode(), three.localNode()]).sort())
  assert.deepEqual(all.missing, [])
  assert.ok(all.label.startsWith(`${one.localNode().address}:`))
  assert.equal((await first(heard, 'the broadcast', () => true)).label, all.label)
  const { name } = three.localNode()
  await three.close()
  // Ends when the crash is known, long before the time is up.
  const some = await one.broadcastWithReceipt('all?', wait)
  assert.deepEqual([names(some.confirmed), names(some.missing)], [[two.localNode().name], [name]])
})

test('another process that is killed is dead to the others', async (t) => {
  const [one] = await cluster(t)
  const stream = one.events({ kinds: ['status'] })
  const member = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('../../examples/node/member.mjs', import.meta.url)),
      ...['--name', 'victim', '--port', '0', '--join', one.localNode().address],
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        SEAFOAM_CLUSTER_NAME: one.get('clusterName'),
        SEAFOAM_MULTICAST_ENABLED: 'false',
        SEAFOAM_HEARTBEAT_MILLIS: '50',
        SEAFOAM_MIN_PING_TIME: '50',
      },
    },
  )
  t.after(() => member.kill('SIGKILL'))
  const lines = createInterface({ input: member.stdout })[Symbol.asyncIterator]()
  const started = JSON.parse((await within(10_000, 'the first line', lines.next())).value)
  assert.deepEqual([started.event, started.node], ['started', 'victim'])
  assert.equal((await becomes(stream, 'victim', 'alive')).node.address, started.address)
  const dying = one.events({ kinds: ['status'] })
  member.kill('SIGKILL')
  assert.equal((await becomes(dying, 'victim', 'dead')).node.name, 'victim')
})

test('initial events tell the present members first', async (t) => {
  const [one, two] = await cluster(t, 2)
  const names = []
  for await (const event of one.events({ initial: true })) {
    assert.equal(event.type, 'status')
    assert.equal(event.previous, 'unknown')
    names.push(event.node.name)
    if (names.length === 2) break
  }
  assert.deepEqual(names.sort(), [one, two].map((node) => node.localNode().name).sort())
})

test('ping, add, remove, touch, accuse', async (t) => {
  const [one, two] = await cluster(t, 2)
  const { name, address } = two.localNode()
  const millis = await one.pingNode(name)
  assert.ok(millis >= 0 && millis < 1000, `${millis} ms`)
  assert.ok((await one.pingNode(address)) >= 0)

  const added = one.addNode('127.0.0.1:9')
  assert.deepEqual([added.name, added.status, added.port], ['127.0.0.1:9', 'unknown', 9])
  assert.equal(one.removeNode(added).name, '127.0.0.1:9')
  assert.equal(one.node('127.0.0.1:9'), null)

  const before = Date.now()
  one.touchNode(name)
  assert.ok(one.node(name).timestampMillis >= before - 1)

  // The accused refutes: it is alive again, of a higher incarnation.
  const stream = one.events({ kinds: ['status'] })
  const { incarnation } = one.node(name)
  one.updateNodeStatus(name, 'suspected')
  const event = await becomes(stream, name, 'alive')
  assert.ok(event.node.incarnation > incarnation)
})

test('owners are the same on every node', async (t) => {
  const nodes = await cluster(t, 3)
  for (const key of ['a', 'b', Buffer.from('c')]) {
    const [first, ...others] = nodes.map((node) => node.owners(key, 2).map((owner) => owner.name))
    assert.equal(first.length, 2)
    for (const other of others) assert.deepEqual(other, first)
    assert.equal(nodes[1].owner(key).name, first[0])
  }
  assert.equal(nodes[0].owner('a', { role: 'none' }), null)
  assert.deepEqual(nodes[0].owners('a', 3, { role: 'none' }), [])
})

test('settings change while the cluster runs, by setter and by name', async (t) => {
  const [one] = await cluster(t)
  one.setHeartbeatMillis(120)
  assert.equal(one.get('heartbeatMillis'), 120)
  one.set('heartbeatMillis', '130')
  assert.equal(one.get('heartbeatMillis'), 130)
  one.setMaxBroadcastBytes(4)
  assert.throws(() => one.broadcast('12345'), { code: 'payload_too_large' })
  assert.equal(typeof one.broadcast('1234'), 'string')
})

test('statistics count', async (t) => {
  const [one, two] = await cluster(t, 2)
  const before = one.stats()
  assert.equal(before.members, 2)
  assert.equal(before.membersAlive, 2)
  const arrived = first(two.events({ kinds: ['broadcast'] }), 'the broadcast', () => true)
  one.broadcast('x')
  await arrived
  const after = one.stats()
  assert.equal(after.broadcastsSent, before.broadcastsSent + 1)
  assert.ok(after.datagramsSent > before.datagramsSent)
  assert.ok(two.stats().broadcastsReceived >= 1)
})

test('clusters of other names stay apart', async (t) => {
  const [one] = await cluster(t)
  const other = await Cluster.start(local(freshName(), { initialHosts: [one.localNode().address] }))
  t.after(() => other.close())
  await assert.rejects(other.ready({ minMembers: 2, timeoutMillis: 500 }), { code: 'timeout' })
  assert.equal(one.allNodes().length, 1)
})

test('closing is fast, whatever is open', async (t) => {
  const [one, two] = await cluster(t, 2)
  const flood = new native.Flood(handleOf(one), 64, 64, 100)
  t.after(() => flood.stop())
  const readers = Array.from({ length: 20 }, async () => {
    let last
    for await (const event of one.events()) last = event
    return last
  })
  one.on('broadcast', () => {})
  const pending = assert.rejects(one.ready({ minMembers: 9 }), { code: 'closed' })
  const start = performance.now()
  await Promise.all([one.close(), two.close(), one.close()])
  const millis = performance.now() - start
  assert.ok(millis < 1000, `closing took ${millis} ms`)
  await pending
  for (const last of await within(5000, 'the end of all readers', Promise.all(readers))) {
    assert.deepEqual(last, { type: 'closed', error: null })
  }
})
