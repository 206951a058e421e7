// The web service of the examples: two of them meet, answer, and end at SIGTERM.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { freshName, turns, within } from './helpers.mjs'

const path = fileURLToPath(new URL('../../examples/node/members_http.mjs', import.meta.url))

/** Starts the service; resolves when it answers. */
async function service(t, name, group, initialHosts = '') {
  const settings = {
    SEAFOAM_NAME: name,
    SEAFOAM_CLUSTER_NAME: group,
    SEAFOAM_LISTEN_PORT: '0',
    SEAFOAM_MULTICAST_ENABLED: 'false',
    SEAFOAM_INITIAL_HOSTS: initialHosts,
    SEAFOAM_LOG_LEVEL: 'off',
  }
  const child = spawn(process.execPath, [path], { env: { ...process.env, ...settings, PORT: '0' } })
  t.after(() => child.kill('SIGKILL'))
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const exit = once(child, 'exit')
  const [line] = await within(10_000, `the service ${name}`, once(createInterface(child.stdout), 'line'))
  const [, address, url] = line.match(/^(\S+) answers at (http:\S+)$/)
  return { address, url, exit, stop: (signal) => child.kill(signal), errors: () => errors }
}

const members = async ({ url }) => {
  const all = await (await fetch(`${url}/members`)).json()
  return Object.fromEntries(all.map(({ name, status }) => [name, status]))
}

/** Asks until the answer is this one. */
async function untilMembers(service, expected) {
  const wanted = JSON.stringify(expected)
  for (;;) {
    if (JSON.stringify(await members(service)) === wanted) return
    await turns(20)
  }
}

test('two services answer who is there, pass words on, and end at SIGTERM', async (t) => {
  const group = freshName()
  const ada = await service(t, 'ada', group)
  const grace = await service(t, 'grace', group, ada.address)
  const both = { ada: 'alive', grace: 'alive' }
  await within(10_000, 'both members', Promise.all([untilMembers(ada, both), untilMembers(grace, both)]))

  const stream = await fetch(`${grace.url}/events`)
  const lines = createInterface(Readable.fromWeb(stream.body))[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await within(10_000, 'a line', lines.next())).value)
  assert.deepEqual([await next(), await next()].map(({ name }) => name).sort(), ['ada', 'grace'])

  const say = (body) => fetch(`${ada.url}/say`, { method: 'POST', body })
  assert.equal((await say('hello')).status, 202)
  assert.deepEqual(await next(), { from: 'ada', says: 'hello' })
  const refused = await say('x'.repeat(300))
  assert.deepEqual([refused.status, (await refused.json()).code], [400, 'payload_too_large'])
  assert.equal((await say('x'.repeat(2000))).status, 413)
  assert.equal((await fetch(`${ada.url}/nonsense`)).status, 404)

  ada.stop('SIGTERM')
  assert.deepEqual(await within(10_000, 'the end of ada', ada.exit), [0, null])
  assert.deepEqual(await next(), { name: 'ada', status: 'left' })
  await within(10_000, 'that ada left', untilMembers(grace, { ada: 'left', grace: 'alive' }))

  grace.stop('SIGTERM') // while somebody reads its events: the stream ends
  assert.deepEqual(await within(10_000, 'the end of grace', grace.exit), [0, null])
  for await (const line of lines) assert.match(line, /"name":"grace"/)
  assert.deepEqual([ada.errors(), grace.errors()], ['', ''])
})
