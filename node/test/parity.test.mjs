// The package against include/seafoam-api.json: nothing missing, nothing extra, no other value.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import seafoam, * as exported from 'seafoam'

import { camel, cluster, handleOf, manifest, native } from './helpers.mjs'

const { Batch } = (await import('../lib/decode.js')).default
const { configKeys, statNames } = (await import('../lib/tables.js')).default

const declarations = [
  'index.d.ts',
  ...readdirSync(new URL('../types/', import.meta.url)).map((name) => `types/${name}`),
]
  .map((name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
  .join('\n')

/** The body of a declaration, from its head to the brace that ends it. */
function body(head) {
  const start = declarations.indexOf(head)
  assert.notEqual(start, -1, `no declaration begins with ${head}`)
  return declarations.slice(start, declarations.indexOf('\n}', start))
}

/** Names of the members of an interface, in order. */
const members = (head) => [...body(head).matchAll(/^ {2}(?:readonly )?(\w+)\??: /gm)].map((match) => match[1])
const sorted = (names) => [...names].sort()

const vocabularies = {
  NodeStatus: 'node_statuses',
  NodeRank: 'node_ranks',
  EventKind: 'event_kinds',
  ErrorCode: 'error_codes',
  LogLevel: 'log_levels',
  ValidityState: 'validity_states',
  ValidityBasis: 'validity_bases',
  TermQuality: 'term_qualities',
  LinkDirection: 'link_directions',
  Profile: 'profiles',
  LeaderScope: 'leader_scopes',
  Hint: 'hints',
}

test('every list of the manifest is checked here', () => {
  const checked = [
    ...Object.values(vocabularies),
    'cluster_calls',
    'config_keys',
    'constants',
    'key_info_fields',
    'keyring_calls',
    'lease_fields',
    'limits',
    'member_keys_fields',
    'node_fields',
    'process_calls',
    'receipt_fields',
    'setters',
    'stats',
    'validity_fields',
    'version',
    'why_fields',
  ]
  assert.deepEqual(sorted(Object.keys(manifest)), sorted(checked))
})

for (const [name, list] of Object.entries(vocabularies)) {
  test(`${name} has the words and numbers of ${list}`, () => {
    const expected = Object.fromEntries(manifest[list].map((row) => [row.name.toUpperCase(), row.number]))
    assert.deepEqual({ ...seafoam[name] }, expected)
    assert.ok(Object.isFrozen(seafoam[name]))
    const declared = [...body(`export declare const ${name}: {`).matchAll(/readonly (\w+): (\d+)/g)]
    assert.deepEqual(Object.fromEntries(declared.map(([, word, number]) => [word, Number(number)])), expected)
    const type = declarations.match(new RegExp(`export type ${name}Word =([^\\n]*(?:\\n +\\|[^\\n]*)*)`))[1]
    assert.deepEqual(
      [...type.matchAll(/'(\w+)'/g)].map((match) => match[1]),
      manifest[list].map((row) => row.name),
    )
  })
}

test('constants and version', () => {
  for (const [name, value] of Object.entries(manifest.constants)) {
    assert.equal(seafoam[name], value)
    assert.match(declarations, new RegExp(`export declare const ${name}: ${value}\\n`))
  }
  assert.equal(seafoam.version, manifest.version)
  const pack = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)))
  assert.equal(pack.version, manifest.version)
})

test('configuration keys with what they take', () => {
  const types = {
    integer: 'number',
    bool: 'boolean',
    text: 'string',
    'list of text': 'string[]',
    'list of integer': 'number[]',
    'map of text to text': 'Record<string, string>',
    word: /^\w+Word$/,
  }
  assert.deepEqual(
    [...configKeys.keys()],
    manifest.config_keys.map((row) => camel(row.name)),
  )
  assert.deepEqual(members('export interface Settings {'), [...configKeys.keys()])
  const declared = body('export interface Settings {')
  for (const row of manifest.config_keys) {
    const { name, shape, environment, doc } = row
    for (const [column, value] of Object.entries(configKeys.get(camel(name)))) {
      assert.deepEqual(value, row[column], `${name}.${column}`)
    }
    const type = declared.match(new RegExp(`^  ${camel(name)}: (.+)$`, 'm'))[1]
    if (types[shape] instanceof RegExp) assert.match(type, types[shape])
    else assert.equal(type, types[shape])
    const line = declared.split('\n')
    const above = line[line.indexOf(`  ${camel(name)}: ${type}`) - 1]
    assert.ok(
      above.includes(environment) && above.includes(doc),
      `the declaration of ${camel(name)} says what it is`,
    )
  }
  const live = manifest.config_keys.filter((row) => row.live).map((row) => camel(row.name))
  const type = declarations.match(/export type LiveKey =((?:\n {2}\| '\w+')+)/)[1]
  assert.deepEqual(
    [...type.matchAll(/'(\w+)'/g)].map((match) => match[1]),
    live,
  )
})

test('a setter for each key that can be changed', () => {
  const setters = Object.getOwnPropertyNames(seafoam.Cluster.prototype).filter((name) =>
    /^set[A-Z]/.test(name),
  )
  assert.deepEqual(sorted(setters), sorted(manifest.setters.map((row) => camel(row.name))))
  for (const { name } of manifest.setters) assert.match(declarations, new RegExp(`^  ${camel(name)}\\(`, 'm'))
})

test('every call, here and in the declarations', () => {
  const { prototype } = seafoam.Cluster
  for (const { name, callable, waits } of manifest.cluster_calls) {
    if (!callable) continue
    const call = camel(name)
    const where = call === 'start' ? seafoam.Cluster : prototype
    assert.equal(typeof where[call], 'function', `Cluster has ${call}`)
    const declared = body('export declare class Cluster {').match(
      new RegExp(`^  (?:static )?${call}[(<][^]*?\\): ?(.+)$`, 'm'),
    )
    assert.ok(declared, `Cluster.${call} is declared`)
    assert.equal(declared[1].startsWith('Promise<'), waits, `${call} waits or does not`)
    assert.equal(
      where[call].constructor.name === 'AsyncFunction',
      waits,
      `${call} returns a promise or does not`,
    )
  }
  for (const { name } of manifest.process_calls) {
    assert.notEqual(seafoam[camel(name)], undefined)
    assert.match(declarations, new RegExp(`export declare (function|const) ${camel(name)}\\b`))
  }
})

test('every call of the keyring, here and in the declarations', async (t) => {
  const [one] = await cluster(t)
  const keyring = one.keyring()
  // `use` is no reserved word here.
  const calls = manifest.keyring_calls.map(({ name }) => (name === 'use_key' ? 'use' : camel(name)))
  const made = Object.getOwnPropertyNames(Object.getPrototypeOf(keyring))
  assert.deepEqual(sorted(made.filter((name) => name !== 'constructor')), sorted(calls))
  for (const call of calls) assert.match(body('export interface Keyring {'), new RegExp(`^  ${call}\\(`, 'm'))
  const fields = (rows) => rows.map((row) => camel(row.name))
  assert.deepEqual(members('export interface KeyInfo {'), fields(manifest.key_info_fields))
  assert.deepEqual(members('export interface MemberKeys {'), fields(manifest.member_keys_fields))
})

test('no call but those of the manifest and of the language', () => {
  const ofLanguage = ['constructor', 'on', 'once', 'off']
  const known = [...manifest.cluster_calls, ...manifest.setters].map((row) => camel(row.name))
  const names = Object.getOwnPropertyNames(seafoam.Cluster.prototype)
  assert.deepEqual(
    names.filter((name) => !known.includes(name) && !ofLanguage.includes(name)),
    [],
  )
})

test('both module systems export the same', async () => {
  const { createRequire } = await import('node:module')
  const required = createRequire(import.meta.url)('seafoam')
  const { default: all, ...named } = exported
  assert.equal(all, required)
  assert.deepEqual(sorted(Object.keys(named)), sorted(Object.keys(required)))
  assert.equal(named.SeafoamError, required.SeafoamError)
})

test('statistics', () => {
  assert.deepEqual(
    statNames,
    manifest.stats.map((row) => camel(row.name)),
  )
  assert.deepEqual(members('export interface Stats {'), statNames)
})

test('fields of snapshots are declared', () => {
  for (const [head, list] of [
    ['export interface Node {', 'node_fields'],
    ['export interface Validity {', 'validity_fields'],
    ['export interface Lease {', 'lease_fields'],
    ['export interface Why {', 'why_fields'],
    ['export interface Receipt {', 'receipt_fields'],
  ]) {
    assert.deepEqual(
      members(head),
      manifest[list].map((row) => camel(row.name)),
    )
  }
})

test('fields of events are declared', () => {
  for (const { name, fields } of manifest.event_kinds) {
    if (name === 'validity') {
      assert.match(
        declarations,
        /export interface ValidityEvent extends Validity \{\n(?: {2}\/\*\* .*\n)? {2}readonly type: 'validity'\n\}/,
      )
      assert.deepEqual(fields, manifest.validity_fields)
      continue
    }
    const head = `export interface ${name[0].toUpperCase()}${name.slice(1)}Event {`
    assert.deepEqual(members(head), ['type', ...fields.map((field) => camel(field.name))])
    assert.match(body(head), new RegExp(`readonly type: '${name}'`))
  }
})

/** What a value of a shape of the manifest is in JavaScript. */
function isOf(shape, value) {
  const vocabulary = vocabularies[shape]
  if (vocabulary) return manifest[vocabulary].some((row) => row.name === value)
  if (shape.endsWith(' or none') && value === null) return true
  switch (shape.replace(' or none', '')) {
    case 'text':
      return typeof value === 'string'
    case 'bytes':
      return Buffer.isBuffer(value)
    case 'bool':
      return typeof value === 'boolean'
    case 'f64':
      return typeof value === 'number'
    case 'u8':
    case 'u16':
    case 'u32':
    case 'u64':
      return Number.isSafeInteger(value) && value >= 0
    case 'Node':
      return Object.isFrozen(value) && typeof value.name === 'string'
    case 'list of Node':
      return Array.isArray(value) && value.every((item) => isOf('Node', item))
    case 'list of text':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
    case 'list of u64':
      return Array.isArray(value) && value.every((item) => isOf('u64', item))
    case 'list of Hint':
      return Array.isArray(value) && value.every((item) => isOf('Hint', item))
    case 'map of text to text':
      return typeof value === 'object' && Object.values(value).every((item) => typeof item === 'string')
  }
  throw new Error(`no check for the shape ${shape}`)
}

function assertFields(value, fields, what) {
  assert.deepEqual(
    Object.keys(value),
    fields.map((field) => camel(field.name)),
    what,
  )
  for (const { name, shape } of fields) {
    assert.ok(
      isOf(shape, value[camel(name)]),
      `${what}.${camel(name)} is ${shape}: ${String(value[camel(name)])}`,
    )
  }
}

test('an event of each kind crosses whole', async (t) => {
  const [one] = await cluster(t)
  const batch = new Batch(native.sampleEvents(handleOf(one)))
  for (const { name, fields } of manifest.event_kinds) {
    const { type, ...event } = batch.next()
    assert.equal(type, name)
    assertFields(event, fields, name)
  }
  assert.equal(batch.left, 0)
})

test('the values of the sample events', async (t) => {
  const [one] = await cluster(t)
  const batch = new Batch(native.sampleEvents(handleOf(one)))
  const events = Object.fromEntries(
    manifest.event_kinds.map(() => batch.next()).map((event) => [event.type, event]),
  )
  const { name } = one.localNode()
  assert.equal(events.status.node.name, name)
  assert.deepEqual(
    [events.status.status, events.status.previous, events.status.source],
    ['dead', 'suspected', 'witness'],
  )
  assert.deepEqual([events.broadcast.index, events.broadcast.label], [2 ** 32 - 1, '127.0.0.1:1:4294967295'])
  assert.deepEqual([...events.broadcast.bytes], [0, 255])
  assert.equal(events.message.bytes.length, 0)
  assert.deepEqual(
    [events.leader.leader.name, events.leader.term, events.leader.scope],
    [name, 2 ** 53 - 1, 7],
  )
  const { type, ...validity } = events.validity
  assert.deepEqual(validity, {
    state: 'invalid',
    basis: 'listed',
    seen: ['one'],
    needed: 3,
    missing: ['two', 'three'],
  })
  assert.equal(events.conflict.otherAddress, '127.0.0.1:2')
  assert.equal(events.link.direction, 'outbound')
  assert.equal(events.merged.members, 4)
  assert.deepEqual([events.datacenter.number, events.datacenter.lost], [9, true])
  assert.equal(events.lagged.missed, 2 ** 40)
  assert.match(events.closed.error, /internal.*sample/)
})

test('snapshots carry every field', async (t) => {
  const [one] = await cluster(t)
  assertFields(one.localNode(), manifest.node_fields, 'node')
  assertFields(one.validity(), manifest.validity_fields, 'validity')
  assertFields(one.why(one.localNode()), manifest.why_fields, 'why')
  assertFields(await one.broadcastWithReceipt('x'), manifest.receipt_fields, 'receipt')
  assert.deepEqual(
    Object.keys(one.stats()),
    manifest.stats.map((row) => camel(row.name)),
  )
})

test('every configuration value can be read', async (t) => {
  const [one] = await cluster(t)
  for (const key of configKeys.keys()) assert.notEqual(one.get(key), undefined, key)
  assert.equal(one.get('listenIp'), '127.0.0.1')
  assert.equal(one.get('multicastEnabled'), false)
  assert.equal(one.get('eventCapacity'), 1024)
  assert.equal(one.get('name'), one.localNode().name)
  assert.equal(one.get('stateDir'), null)
  assert.deepEqual(one.get('initialHosts'), [])
  assert.deepEqual(one.get('tags'), {})
})
