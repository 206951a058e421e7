// One reader of the scenario list (scenarios/README.md has its rules).

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { Cluster, SeafoamError } from 'seafoam'

import { camel, manifest, turns } from './helpers.mjs'

export const list = JSON.parse(readFileSync(new URL('../../scenarios/scenarios.json', import.meta.url)))
const deadlineMillis = list.deadline_millis
const keys = new Set(manifest.config_keys.map(({ name }) => name))

/** An event as the list writes it, or null for kinds that it leaves out. */
function lineOf(event) {
  switch (event.type) {
    case 'status':
      return `status ${event.node.name} ${event.previous}>${event.status}`
    case 'broadcast':
      return `broadcast ${event.origin.name} ${event.bytes.toString('hex') || '-'}`
    case 'message':
      return `message ${event.sender.name} ${event.bytes.toString('hex') || '-'}`
    case 'node': {
      const tags = Object.entries(event.node.tags).map(([name, value]) => `${name}=${value}`)
      return `node ${event.node.name} ${tags.sort().join(',') || '-'}`
    }
    case 'conflict':
      return `conflict ${event.node.name}`
    case 'datacenter':
      return `datacenter ${event.number} ${event.lost ? 'lost' : 'back'}`
    case 'lagged':
      return `lagged ${event.missed}`
    case 'closed':
      return event.error === null ? 'closed' : `closed ${event.error.split(':')[0]}`
    default:
      return null
  }
}

/** Whom a line is about: LAGGED sorts before all nodes, CLOSED behind them. */
function subjectOf(line) {
  const [kind, subject] = line.split(' ')
  return { lagged: '', closed: '~' }[kind] ?? subject
}

/** Leaves SUSPECTED out, and puts the lines of one subject together, in the order of subjects. */
export function normalised(lines) {
  const held = new Map()
  const kept = []
  for (const line of lines) {
    const [kind, subject, change] = line.split(' ')
    if (kind !== 'status') {
      kept.push(line)
      continue
    }
    const [previous, now] = change.split('>')
    let before = previous
    if (previous === 'suspected') {
      before = held.get(subject) ?? previous
      held.delete(subject)
    }
    if (now === 'suspected') held.set(subject, before)
    else if (now !== before) kept.push(`status ${subject} ${before}>${now}`)
  }
  // The sort is stable, and names are ASCII: by units is byte by byte.
  const [low, high] = [-1, 1]
  return kept.sort((a, b) => {
    const [one, other] = [subjectOf(a), subjectOf(b)]
    if (one === other) return 0
    return one < other ? low : high
  })
}

const NOTHING = Symbol('nothing came in time')

/** One subscription, what was read of it, and how far the steps have looked. */
class Stream {
  #events
  #seen = new Map()
  #reading = null
  #ended = false
  lines = []

  constructor(events) {
    this.#events = events
  }

  /** Takes one event in if one comes before `late` resolves; whether there was one. */
  async read(late) {
    if (this.#ended) return false
    this.#reading ??= this.#events.next()
    const answer = await Promise.race([this.#reading, late.then(() => NOTHING)])
    if (answer === NOTHING) return false
    this.#reading = null
    this.#ended = answer.done
    if (answer.done) return false
    const line = lineOf(answer.value)
    if (line !== null) this.lines.push(line)
    return true
  }

  /** Reads until something holds; whether it does. */
  async until(done) {
    let timer
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, deadlineMillis)
    })
    while (!done() && (await this.read(late)));
    clearTimeout(timer)
    return done()
  }

  /** Reads what is there already. */
  async rest() {
    while (await this.read(turns(5)));
  }

  /** Waits for a line behind the last one that was found about the same subject. */
  async find(line) {
    const subject = subjectOf(line)
    const begin = this.#seen.get(subject) ?? 0
    const at = () => this.lines.indexOf(line, begin)
    if (!(await this.until(() => at() >= 0))) {
      assert.fail(`"${line}" did not come; seen: ${JSON.stringify(this.lines)}`)
    }
    this.#seen.set(subject, at() + 1)
  }
}

/** Names of a configuration as JavaScript writes them. */
const camelKeys = (config = {}) =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [camel(key), value]))

/** One scenario, from its first step to the comparison. */
export class Run {
  #group = `scenario-${randomUUID()}`
  #clusters = new Map()
  #addresses = new Map()
  #streams = new Map()

  constructor(scenario) {
    this.scenario = scenario
  }

  /** Makes every step, then compares. */
  async all() {
    try {
      for (const [index, step] of this.scenario.steps.entries()) await this.#step(index + 1, step)
      for (const [name, lines] of Object.entries(this.scenario.expect)) await this.#compare(name, lines)
    } finally {
      for (const cluster of this.#clusters.values()) await cluster.close()
    }
    for (const [name, stream] of this.#streams) {
      await stream.until(() => false)
      const closed = stream.lines.map((line) => line.startsWith('closed'))
      assert.equal(closed.indexOf(true), closed.length - 1, `${name} ended wrongly: ${stream.lines}`)
    }
    for (const [first, ...others] of this.scenario.same ?? []) {
      const { lines } = this.#streams.get(first)
      for (const name of others) assert.deepEqual(this.#streams.get(name).lines, lines, `${name}, ${first}`)
    }
  }

  async #compare(name, lines) {
    const stream = this.#streams.get(name)
    await stream.until(() => normalised(stream.lines).length >= lines.length)
    await stream.rest()
    assert.deepEqual(normalised(stream.lines), normalised(lines), name)
  }

  /** Makes one step; where it names an error, exactly that one must come. */
  async #step(number, step) {
    const at = `step ${number} ${JSON.stringify(step)}`
    let failure = null
    try {
      await this.#make(step)
    } catch (error) {
      if (!(error instanceof SeafoamError)) {
        error.message = `${at}: ${error.message}`
        throw error
      }
      failure = error
    }
    assert.equal(failure?.code, step.error, `${at}: ${failure ?? 'did not fail'}`)
    for (const said of step.says ?? []) {
      const text = keys.has(said) ? camel(said) : said
      assert.ok(failure.message.includes(text), `${at}: "${failure.message}" does not say "${text}"`)
    }
  }

  #make(step) {
    if (step.do === 'start') return this.#start(step)
    const node = this.#clusters.get(step.node)
    const address = () => step.address ?? this.#addresses.get(step.target)
    const steps = {
      subscribe: () => this.#open(step.node, step.as, step),
      await: () => this.#streams.get(step.on).find(step.line),
      ready: () => node.ready(step.members, { timeoutMillis: step.within_millis ?? deadlineMillis }),
      healthy: () => {
        const names = node.healthyNodes().map(({ name }) => name)
        assert.deepEqual(names, step.names)
      },
      broadcast: () => node.broadcast(payload(step)),
      send: () => node.send(step.target, payload(step)),
      set_tags: () => node.setTags(step.tags),
      leave: () => node.leave({ timeoutMillis: deadlineMillis }),
      close: () => node.close(),
      set: () => node.set(camel(step.key), step.value),
      add_node: () => node.addNode(address()),
      remove_node: () => node.removeNode(step.target),
      ping_node: async () => assert.ok((await node.pingNode(step.target)) >= 0),
      update_node_status: () => node.updateNodeStatus(step.target, step.status),
      call: () => node[camel(step.call)](),
    }
    assert.ok(step.do in steps, `there is no step ${step.do}`)
    return steps[step.do]()
  }

  async #start({ node, join = [], config }) {
    const cluster = await Cluster.start({
      name: node,
      clusterName: this.#group,
      listenPort: '0',
      multicastEnabled: 'false',
      initialHosts: join.map((seed) => this.#addresses.get(seed)).join(','),
      ...camelKeys(this.scenario.config),
      ...camelKeys(this.scenario.nodes[node]),
      ...camelKeys(config),
    })
    this.#clusters.set(node, cluster)
    this.#open(node, node, { initial: true })
    this.#addresses.set(node, cluster.localNode().address)
  }

  #open(node, name, { kinds, capacity, initial }) {
    this.#streams.set(name, new Stream(this.#clusters.get(node).events({ kinds, capacity, initial })))
  }
}

function payload({ text, hex, fill }) {
  if (text !== undefined) return text
  return hex === undefined ? Buffer.alloc(fill, 'x') : Buffer.from(hex, 'hex')
}
