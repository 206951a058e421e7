// One leader: three lighthouses of one process elect, and elect again.

import assert from 'node:assert/strict'
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
