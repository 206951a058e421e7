// Validity: three lighthouses of one process, together and apart.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Cluster } from 'seafoam'

import { cluster, first, freshName, local } from './helpers.mjs'

// Nobody listens at these ports: the nodes find each other by their seed.
const lighthouses = ['a=127.0.0.1:1', 'b=127.0.0.1:2', 'c=127.0.0.1:3']
const state = (wanted) => (event) => event.type === 'validity' && event.state === wanted

test('a majority of the lighthouses is valid and one alone is not', async (t) => {
  const name = freshName()
  const nodes = []
  t.after(() => Promise.all(nodes.map((node) => node.close())))
  for (const own of ['a', 'b', 'c']) {
    const initialHosts = nodes.slice(0, 1).map((node) => node.localNode().address)
    nodes.push(await Cluster.start(local(name, { name: own, lighthouses, initialHosts })))
  }
  const [a, b, c] = nodes
  const watch = () => a.events({ kinds: ['validity'], initial: true })
  for (const node of nodes) {
    await node.ready({ minMembers: 3, valid: true, timeoutMillis: 20_000 })
    assert.equal(node.isValid(), true)
    assert.equal(node.localNode().isLighthouse, true)
  }
  const valid = await first(watch(), 'valid', state('valid'), 20_000)
  assert.deepEqual([valid.basis, valid.needed], ['listed', 2])
  await b.close()
  await c.leave()
  const alone = await first(watch(), 'invalid', state('invalid'), 20_000)
  assert.deepEqual([alone.seen, alone.missing], [['a'], ['b', 'c']])
  assert.equal(a.isValid(), false)
  assert.equal(a.validity().state, 'invalid')
  await assert.rejects(a.ready({ minMembers: 1, valid: true, timeoutMillis: 50 }), {
    code: 'timeout',
    message: /invalid: 1 of 3 lighthouses are included, 2 needed; included: a; missing: b, c/,
  })
})

test('without lighthouses nobody waits in vain', async (t) => {
  const [node] = await cluster(t)
  await assert.rejects(node.ready({ minMembers: 1, valid: true, timeoutMillis: 20_000 }), {
    code: 'not_valid',
    message: /can never be valid: none are listed in lighthouses/,
  })
})
