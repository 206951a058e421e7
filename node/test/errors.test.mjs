// What is refused, and in which words.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Cluster, log, SeafoamError, setLogger, setLogLevel } from 'seafoam'

import { cluster, freshName, local, within } from './helpers.mjs'

/** An error of this code and text, which is a `SeafoamError` and says where it was called. */
const refusal = (code, message) => (error) => {
  assert.ok(error instanceof SeafoamError, String(error?.stack))
  assert.equal(error.name, 'SeafoamError')
  assert.equal(error.code, code)
  if (message instanceof RegExp) assert.match(error.message, message)
  else assert.equal(error.message, message)
  assert.match(error.stack, /errors\.test\.mjs/)
  return true
}

const badConfig = [
  [{ listenPort: 70_000 }, 'listenPort = "70000" is refused: it takes a whole number from 0 to 65535'],
  [{ listenPort: 1.5 }, 'listenPort = "1.5" is refused: it takes a whole number from 0 to 65535'],
  [{ listenPort: Number.NaN }, 'listenPort = "NaN" is refused: it takes a whole number from 0 to 65535'],
  [{ listenPort: () => 1 }, 'listenPort = a function is refused: it takes a whole number from 0 to 65535'],
  [
    { listenPort: new Date(0) },
    'listenPort = an object of Date is refused: it takes a whole number from 0 to 65535',
  ],
  [{ multicastEnabled: 'perhaps' }, 'multicastEnabled = "perhaps" is refused: it takes true or false'],
  [{ logLevel: 'loud' }, /^logLevel = "loud" is refused: it takes one of all, trace, debug/],
  [{ clusterName: '' }, 'clusterName = "" is refused: it takes a text of 1 to 255 bytes'],
  [{ initialHosts: ['a,b'] }, /^initialHosts\[0\] = "a,b" is refused: it takes a comma list of at most/],
  [{ initialHosts: ['ok:1', null] }, /^initialHosts\[1\] = null is refused: it takes a comma list/],
  [{ initialHosts: ['a b'] }, /^initialHosts = "a b" is refused: it takes a comma list/],
  [
    { tags: { role: 'a,b' } },
    'tags.role = "a,b" is refused: it takes key=value pairs with commas between, 512 bytes at most',
  ],
  [{ tags: { 'a=b': 'c' } }, /^tags = "a=b" is refused: it takes key=value pairs/],
  [
    { listen_port: 1 },
    /^"listen_port" is not a configuration key; the keys are clusterName, listenIp, listenPort, /,
  ],
  [{ listenPrt: 1 }, /^"listenPrt" is not a configuration key; the keys are clusterName, /],
  [7, 'config = 7 is refused: it takes an object of configuration keys'],
  [null, 'config = null is refused: it takes an object of configuration keys'],
]

for (const [index, [config, message]] of badConfig.entries()) {
  test(`configuration that is refused, ${index}: ${String(message).slice(0, 40)}`, async () => {
    await assert.rejects(Cluster.start(config), refusal('invalid_config', message))
  })
}

test('values that do not go together are refused', async () => {
  const config = local(freshName(), { lighthouses: ['127.0.0.1:1'], leaderScope: 'datacenter' })
  await assert.rejects(
    Cluster.start(config),
    refusal('invalid_config', /"127.0.0.1:1" in lighthouses has no @datacenter/),
  )
})

test('listening beyond loopback without a key', async () => {
  const config = local(freshName(), { listenIp: '0.0.0.0' })
  await assert.rejects(
    Cluster.start(config),
    refusal('key_required', /listen_ip = 0\.0\.0\.0 is beyond loopback/),
  )
})

test('a secret is never shown', async () => {
  await assert.rejects(Cluster.start({ keys: 'c2VjcmV0' }), (error) => {
    assert.ok(error instanceof SeafoamError)
    assert.doesNotMatch(error.message + error.stack, /c2VjcmV0/)
    return true
  })
})

test('an address that is taken', async (t) => {
  const [one] = await cluster(t)
  const config = local(freshName(), { listenPort: one.localNode().port })
  await assert.rejects(
    Cluster.start(config),
    refusal('address_in_use', new RegExp(String(one.localNode().port))),
  )
})

test('a cluster is not made by its constructor', () => {
  assert.throws(() => new Cluster(), {
    name: 'TypeError',
    message: 'a cluster is made by await Cluster.start(config)',
  })
})

test('arguments of a wrong type or range', async (t) => {
  const [one] = await cluster(t)
  const refused = (call, message) => assert.throws(call, refusal('invalid_config', message))
  refused(() => one.broadcast(7), 'payload = 7 is refused: it takes a string, a Buffer or a Uint8Array')
  refused(() => one.node(undefined), 'node = undefined is refused: it takes a name, an address or a node')
  refused(() => one.addNode({}), 'address = an object of Object is refused: it takes a string')
  refused(
    () => one.updateNodeStatus('a', 'gone'),
    'status = "gone" is refused: it takes one of unknown, alive, suspected, dead, left',
  )
  refused(
    () => one.updateNodeStatus('a', 4),
    'status = "4" is refused: it takes one of unknown, alive, suspected, dead, left',
  )
  refused(() => one.updateNodeStatus('a', 'dead', { rank: 'leader' }), /are its own claims/)
  refused(
    () => one.updateNodeStatus('a', 'dead', { datacenter: 256 }),
    'datacenter = "256" is refused: it takes a whole number from 0 to 255',
  )
  refused(
    () => one.updateNodeStatus('a', 'dead', { colour: 1 }),
    '"colour" is not an option here; the options are rank, datacenter',
  )
  refused(
    () => one.events({ capacity: 0 }),
    'capacity = "0" is refused: it takes a whole number from 1 to 1048576',
  )
  refused(
    () => one.events({ capacity: 1.5 }),
    'capacity = "1.5" is refused: it takes a whole number from 1 to 1048576',
  )
  refused(
    () => one.events({ kinds: ['stats'] }),
    /^kinds = "stats" is refused: it takes one of status, broadcast, message/,
  )
  refused(() => one.events({ initial: 1 }), 'initial = 1 is refused: it takes true or false')
  refused(
    () => one.on('stats', () => {}),
    /^"stats" is not an event; the events are status, broadcast, message/,
  )
  refused(() => one.on('status', 'f'), 'callback = "f" is refused: it takes a function')
  refused(() => one.onStatus(), 'callback = undefined is refused: it takes a function')
  refused(() => one.owners('k', -1), 'count = "-1" is refused: it takes a whole number from 0 to 4294967295')
  refused(() => one.owners('k', 1, { role: 1 }), 'tags.role = 1 is refused: it takes a string')
  refused(() => one.get('listen_port'), /^"listen_port" is not a configuration key/)
  refused(() => one.set('listenPort', 1), /^listenPort is fixed when the cluster starts/)
  refused(
    () => one.setHeartbeatMillis(1),
    'heartbeatMillis = "1" is refused: it takes a whole number from 10 to 60000',
  )
  refused(() => setLogLevel('loud'), /^level = "loud" is refused: it takes one of all, trace/)
  refused(() => log('info', 1), 'text = 1 is refused: it takes a string')
  refused(() => setLogger('f'), 'callback = "f" is refused: it takes a function')
})

test('promises are refused by rejection, never by a throw', async (t) => {
  const [one] = await cluster(t)
  const rejected = (promise, message) => assert.rejects(promise, refusal('invalid_config', message))
  await rejected(
    one.ready({ minMembers: -1 }),
    'minMembers = "-1" is refused: it takes a whole number from 0 to 4294967295',
  )
  await rejected(one.ready('3'), 'minMembers = "3" is refused: it takes a number')
  await rejected(
    one.ready(1, { timeoutMillis: -1 }),
    'timeoutMillis = "-1" is refused: it takes milliseconds from 0 up',
  )
  await rejected(
    one.ready(1, { timeoutMillis: Number.NaN }),
    'timeoutMillis = "NaN" is refused: it takes milliseconds from 0 up',
  )
  await rejected(
    one.leave({ timeout: 1 }),
    '"timeout" is not an option here; the options are timeoutMillis, signal',
  )
  await rejected(
    one.broadcastWithReceipt('x', { timeout: 1 }),
    '"timeout" is not an option here; the options are timeoutMillis, signal',
  )
  await rejected(one.pingNode(3), 'node = 3 is refused: it takes a name, an address or a node')
})

test('what the engine refuses carries its code', async (t) => {
  const [one] = await cluster(t)
  assert.throws(() => one.why('nobody'), refusal('unknown_node', /nobody/))
  assert.throws(() => one.removeNode('nobody'), refusal('unknown_node', /nobody/))
  assert.throws(() => one.touchNode('nobody'), refusal('unknown_node', /nobody/))
  assert.throws(() => one.addNode('no address'), refusal('invalid_address', /no address/))
  assert.throws(() => one.broadcast(Buffer.alloc(257)), refusal('payload_too_large', /257/))
  assert.throws(() => one.setTags({ role: 'x,y' }), refusal('invalid_config', /a comma/))
  await assert.rejects(one.broadcastWithReceipt(Buffer.alloc(257)), refusal('payload_too_large', /257/))
  await assert.rejects(one.resign(), refusal('not_leader', /does not lead/))
  await assert.rejects(one.transferLeadership('x'), refusal('not_leader', /does not lead/))
  await assert.rejects(one.send(one.localNode(), Buffer.alloc(65_537)), refusal('payload_too_large', /65537/))
  await assert.rejects(one.pingNode('nobody'), refusal('unknown_node', /nobody/))
})

test('a deadline that passes says how far it came', async (t) => {
  const [one] = await cluster(t)
  const late = one.ready({ minMembers: 5, timeoutMillis: 100 })
  await within(5000, 'the timeout', assert.rejects(late, refusal('timeout', /1/)))
})

test('after close every call fails with closed', async (t) => {
  const [one] = await cluster(t)
  await one.close()
  await one.close()
  assert.equal(one.isClosed(), true)
  assert.equal(one.isLeader(), false)
  assert.equal(one.isValid(), false)
  const calls = ['localNode', 'allNodes', 'healthyNodes', 'leader', 'lease', 'validity', 'events', 'stats']
  for (const call of calls) assert.throws(() => one[call](), refusal('closed', /closed/), call)
  assert.throws(() => one.broadcast('x'), refusal('closed', /closed/))
  assert.throws(() => one.on('status', () => {}), refusal('closed', /closed/))
  await assert.rejects(one.broadcastWithReceipt('x'), refusal('closed', /closed/))
  await assert.rejects(one.ready(), refusal('closed', /closed/))
  await assert.rejects(one.pingNode('x'), refusal('closed', /closed/))
})
