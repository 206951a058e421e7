'use strict'

const native = require('../native.js')
const args = require('./args.js')
const { apply, fromText, rename, row, toText } = require('./config.js')
const { decodeNode, decodeNodes, kinds } = require('./decode.js')
const { SeafoamError, run } = require('./errors.js')
const { EventStream } = require('./events.js')
const { Keyring } = require('./keyring.js')
const { CallbackHandle, Listeners } = require('./listeners.js')
const { tenures } = require('./leadership.js')
const { loop, settle } = require('./loop.js')
const { camel, configKeys, statNames } = require('./tables.js')

/** Where the benchmark and the tests find the addon's own object. */
const NATIVE = Symbol.for('seafoam.native')

const READY_MILLIS = 30_000
const LEAVE_MILLIS = 5_000
const RECEIPT_MILLIS = 5_000

/** Clusters that are open: one that nobody refers to must not close because of that. */
const open = new Set()

class Cluster {
  #native
  #listeners

  /** Use `Cluster.start`. */
  constructor(handle) {
    if (!(handle instanceof native.Cluster))
      throw new TypeError('a cluster is made by await Cluster.start(config)')
    this.#native = handle
    this.#listeners = new Listeners(() => handle.events({}))
    Object.defineProperty(this, NATIVE, { value: handle })
    open.add(this)
  }

  static async start(config = {}, options) {
    const signal = onlySignal(options)
    const native_ = new native.Config()
    apply(native_, config)
    const pending = run(Cluster.start, () => native_.start(loop))
    return new Cluster(await settle(pending, Cluster.start, signal))
  }

  async ready(minMembers, options) {
    const given = typeof minMembers === 'object' ? minMembers : { ...options, minMembers }
    const all = args.options(given, ['minMembers', 'valid', 'timeoutMillis', 'signal'])
    const least = args.number('minMembers', all.minMembers ?? 1)
    const valid = args.flag('valid', all.valid ?? false)
    const timeout = args.number('timeoutMillis', all.timeoutMillis ?? READY_MILLIS)
    const signal = args.signal(all.signal)
    await this.#settle(this.ready, (handle) => handle.ready(least, valid, timeout), signal)
  }

  async leave(options) {
    const { timeoutMillis, signal } = args.options(options, ['timeoutMillis', 'signal'])
    const timeout = args.number('timeoutMillis', timeoutMillis ?? LEAVE_MILLIS)
    await this.#settle(this.leave, (handle) => handle.leave(timeout), args.signal(signal))
  }

  async close() {
    await this.#settle(this.close, (handle) => handle.close())
    await this.#listeners.finish()
    open.delete(this)
  }

  async [Symbol.asyncDispose]() {
    try {
      await this.leave()
    } catch (error) {
      // Peers that do not answer, or a cluster that is closed already, must not keep the scope.
      if (!['timeout', 'closed'].includes(error.code)) throw error
    } finally {
      await this.close()
    }
  }

  isClosed() {
    return this.#native.isClosed()
  }

  localNode() {
    return decodeNode(this.#run(this.localNode, (handle) => handle.localNode()))
  }

  allNodes() {
    return decodeNodes(this.#run(this.allNodes, (handle) => handle.allNodes()))
  }

  healthyNodes() {
    return decodeNodes(this.#run(this.healthyNodes, (handle) => handle.healthyNodes()))
  }

  node(node) {
    const name = args.nodeName(node)
    return decodeNode(this.#run(this.node, (handle) => handle.node(name)))
  }

  addNode(address) {
    const text = args.text('address', address)
    return decodeNode(this.#run(this.addNode, (handle) => handle.addNode(text)))
  }

  removeNode(node) {
    const name = args.nodeName(node)
    return decodeNode(this.#run(this.removeNode, (handle) => handle.removeNode(name)))
  }

  async pingNode(node, options) {
    const name = args.nodeName(node)
    const signal = onlySignal(options)
    return this.#settle(this.pingNode, (handle) => handle.pingNode(name), signal)
  }

  updateNodeStatus(node, status, options) {
    const name = args.nodeName(node)
    const { rank, datacenter } = args.options(options, ['rank', 'datacenter'])
    const status_ = args.word('status', status)
    const rank_ = rank === undefined ? undefined : args.word('rank', rank)
    const datacenter_ = datacenter === undefined ? undefined : args.number('datacenter', datacenter)
    this.#run(this.updateNodeStatus, (handle) => handle.updateNodeStatus(name, status_, rank_, datacenter_))
  }

  touchNode(node) {
    const name = args.nodeName(node)
    this.#run(this.touchNode, (handle) => handle.touchNode(name))
  }

  broadcast(payload) {
    const bytes = args.bytes('payload', payload)
    return this.#run(this.broadcast, (handle) => handle.broadcast(bytes))
  }

  async broadcastWithReceipt(payload, options) {
    const bytes = args.bytes('payload', payload)
    const { timeoutMillis, signal } = args.options(options, ['timeoutMillis', 'signal'])
    const timeout = args.number('timeoutMillis', timeoutMillis ?? RECEIPT_MILLIS)
    const call = (handle) => handle.broadcastWithReceipt(bytes, timeout)
    const receipt = await this.#settle(this.broadcastWithReceipt, call, args.signal(signal))
    const { label, confirmed, missing } = receipt
    return { label, confirmed: decodeNodes(confirmed), missing: decodeNodes(missing) }
  }

  async send(node, payload, options) {
    const name = args.nodeName(node)
    const bytes = args.bytes('payload', payload)
    const signal = onlySignal(options)
    await this.#settle(this.send, (handle) => handle.send(name, bytes), signal)
  }

  leader() {
    return decodeNode(this.#run(this.leader, (handle) => handle.leader()))
  }

  isLeader() {
    return this.#native.isLeader()
  }

  lease() {
    return this.#run(this.lease, (handle) => handle.lease())
  }

  async resign(options) {
    const signal = onlySignal(options)
    await this.#settle(this.resign, (handle) => handle.resign(), signal)
  }

  async transferLeadership(node, options) {
    const name = args.nodeName(node)
    const signal = onlySignal(options)
    await this.#settle(this.transferLeadership, (handle) => handle.transferLeadership(name), signal)
  }

  leadership(options) {
    const { signal, resign } = args.options(options, ['signal', 'resign'])
    const resigns = args.flag('resign', resign ?? true)
    return tenures(this.#native, args.signal(signal), resigns)
  }

  keyring() {
    return new Keyring(this.#native.keyring())
  }

  validity() {
    return this.#run(this.validity, (handle) => handle.validity())
  }

  isValid() {
    return this.#native.isValid()
  }

  events(options) {
    const { kinds, capacity, initial, signal } = args.options(options, [
      'kinds',
      'capacity',
      'initial',
      'signal',
    ])
    const native_ = {}
    if (kinds !== undefined) native_.kinds = Array.from(kinds, (kind) => args.word('kinds', kind))
    if (capacity !== undefined) native_.capacity = args.number('capacity', capacity)
    if (initial !== undefined) native_.initial = args.flag('initial', initial)
    const ended = args.signal(signal)
    return new EventStream(
      this.#run(this.events, (handle) => handle.events(native_)),
      ended,
    )
  }

  on(type, callback) {
    this.#install(this.on, { type: kindOf(type), callback: args.callback(callback), call: callback })
    return this
  }

  once(type, callback) {
    this.#install(this.once, {
      type: kindOf(type),
      callback: args.callback(callback),
      call: callback,
      once: true,
    })
    return this
  }

  off(type, callback) {
    this.#listeners.removeLast(kindOf(type), args.callback(callback))
    return this
  }

  onStatus(callback) {
    args.callback(callback)
    return this.#install(this.onStatus, {
      type: 'status',
      call: (event) => callback(event.node, event.status, event),
    })
  }

  onBroadcast(callback) {
    args.callback(callback)
    return this.#install(this.onBroadcast, {
      type: 'broadcast',
      call: (event) => callback(event.origin, event.bytes, event),
    })
  }

  onEvent(callback, options) {
    const { kinds } = args.options(options, ['kinds'])
    const wanted = kinds === undefined ? null : new Set([...Array.from(kinds, kindOf), 'lagged', 'closed'])
    return this.#install(this.onEvent, { kinds: wanted, call: args.callback(callback) })
  }

  stats() {
    const values = this.#run(this.stats, (handle) => handle.stats())
    return Object.fromEntries(statNames.map((name, index) => [name, values[index]]))
  }

  setTags(tags) {
    const map = args.map('tags', tags)
    this.#run(this.setTags, (handle) => handle.setTags(map))
  }

  why(node) {
    const name = args.nodeName(node)
    const why = this.#run(this.why, (handle) => handle.why(name))
    return { ...why, node: decodeNode(why.node) }
  }

  owner(key, tags = {}) {
    const bytes = args.bytes('key', key)
    const map = args.map('tags', tags)
    return decodeNode(this.#run(this.owner, (handle) => handle.owner(bytes, map)))
  }

  owners(key, count, tags = {}) {
    const bytes = args.bytes('key', key)
    const most = args.number('count', count)
    const map = args.map('tags', tags)
    return decodeNodes(this.#run(this.owners, (handle) => handle.owners(bytes, most, map)))
  }

  get(key) {
    const { name } = row(key)
    return fromText(
      key,
      this.#run(this.get, (handle) => handle.get(name)),
    )
  }

  set(key, value) {
    const { name } = row(key)
    const text = toText(key, value)
    try {
      this.#native.set(name, text)
    } catch (error) {
      throw rename(error, key)
    }
  }

  #install(from, entry) {
    const { type = null, kinds = type === null ? null : new Set([type]) } = entry
    const complete = { callback: null, once: false, removed: false, ...entry, type, kinds }
    this.#run(from, () => this.#listeners.add(complete))
    return new CallbackHandle(this.#listeners, complete)
  }

  #run(from, call) {
    return run(from, () => call(this.#native))
  }

  #settle(from, call, signal) {
    return settle(this.#run(from, call), from, signal)
  }
}

/** `setHeartbeatMillis` and its like: one for each key that can be changed at run time. */
for (const [key, { name, live }] of configKeys) {
  const setter = camel(`set_${name}`)
  if (!live || setter in Cluster.prototype) continue
  const set = {
    [setter](value) {
      this.set(key, value)
    },
  }[setter]
  Object.defineProperty(Cluster.prototype, setter, { value: set, configurable: true, writable: true })
}

/** The signal of calls that take no other option. */
const onlySignal = (options) => args.signal(args.options(options, ['signal']).signal)

function kindOf(type) {
  const kind = typeof type === 'number' ? kinds[type] : type
  if (kinds.includes(kind) && kind !== undefined) return kind
  const known = kinds.filter((kind) => kind !== undefined).join(', ')
  throw new SeafoamError('invalid_config', `${JSON.stringify(type)} is not an event; the events are ${known}`)
}

module.exports = { Cluster }
