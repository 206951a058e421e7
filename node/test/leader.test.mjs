// One leader: three lighthouses of one process elect, and elect again.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { Cluster } from 'seafoam'

import { first, freshName, local } from './helpers.mjs'

// Nobody listens at these ports: the nodes find each other by their seed.
const lighthouses = ['a=127.0.0.1:1', 'b=127.0.0.1:2', 'c=127.0.0.1:3']

test('one leads, and its successor has a higher term', async (t) => {
  const name = freshName()
  const nodes = new Map()
  t.after(() => Promise.all([...nodes.values()].map((node) => node.close())))
  for (const own of ['a', 'b', 'c']) {
    const initialHosts = [...nodes.values()].slice(0, 1).map((node) => node.localNode().address)
    const config = { name: own, lighthouses, initialHosts, leaderLeaseMillis: 3000 }
    nodes.set(own, await Cluster.start(local(name, config)))
  }
  const leads = (above) => (event) => event.type === 'leader' && event.leader !== null && event.term > above
  const watch = () => nodes.get('a').events({ kinds: ['leader'], initial: true })
  const { leader, term } = await first(watch(), 'a leader', leads(0), 20_000)
  const chosen = nodes.get(leader.name)
  assert.equal(chosen.isLeader(), true)
  const lease = chosen.lease()
  assert.equal(lease.term, term)
  assert.ok(lease.remainingMillis > 0 && lease.remainingMillis < 3000)
  assert.equal(lease.termQuality, 'clock_floor')
  const others = [...nodes.keys()].filter((own) => own !== leader.name)
  for (const other of others) {
    assert.equal(nodes.get(other).isLeader(), false)
    assert.equal(nodes.get(other).lease(), null)
    await assert.rejects(nodes.get(other).resign(), { code: 'not_leader' })
  }
  await chosen.transferLeadership(others[0])
  assert.equal(chosen.isLeader(), false)
  const next = await first(watch(), 'the next leader', leads(term), 20_000)
  assert.equal(next.leader.name, others[0])
  await nodes.get(others[0]).resign()
  assert.equal(nodes.get(others[0]).isLeader(), false)
})

/** Asks until every lighthouse was heard: until then it is busy. */
async function relist(leader, list, other) {
  for (;;) {
    try {
      return leader.setLighthouses(list)
    } catch (error) {
      assert.equal(error.code, 'busy')
    }
    await other.pingNode(leader.localNode().name)
  }
}

test('a lighthouse is added, and one removed', async (t) => {
  const name = freshName()
  const folder = mkdtempSync(join(tmpdir(), 'seafoam-list-'))
  const nodes = new Map()
  t.after(async () => {
    await Promise.all([...nodes.values()].map((node) => node.close()))
    rmSync(folder, { recursive: true })
  })
  for (const own of ['a', 'b', 'c', 'd']) {
    const initialHosts = [...nodes.values()].slice(0, 1).map((node) => node.localNode().address)
    const stateDir = join(folder, own)
    const config = { name: own, lighthouses, initialHosts, stateDir, leaderLeaseMillis: 1000 }
    nodes.set(own, await Cluster.start(local(name, config)))
  }
  await Promise.all([...nodes.values()].map((node) => node.ready({ minMembers: 4, timeoutMillis: 20_000 })))
  const leads = (above) => (event) => event.type === 'leader' && event.leader !== null && event.term > above
  const watch = () => nodes.get('b').events({ kinds: ['leader'], initial: true })
  let { leader, term } = await first(watch(), 'a leader', leads(0), 20_000)
  const another = () => nodes.get([...nodes.keys()].find((own) => own !== leader.name))
  const more = [...lighthouses, 'd=127.0.0.1:4']
  assert.throws(() => another().setLighthouses(more), { code: 'not_leader' })
  for (const list of [more, more.slice(1)]) {
    await relist(nodes.get(leader.name), list, another())
    const next = await first(watch(), 'the next leader', leads(term), 20_000)
    ;({ leader, term } = next)
    assert.deepEqual(nodes.get(leader.name).get('lighthouses'), list)
  }
})
