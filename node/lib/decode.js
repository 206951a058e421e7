'use strict'

// Batches of the addon (layout: node/src/pack.rs) become plain objects as they are read.
//
// A batch is one buffer. Nodes are decoded when an event that speaks of them is read, once for the
// batch; payloads are views into the buffer, so a payload that is kept keeps its batch.

const { words } = require('./tables.js')

const statuses = words('NodeStatus')
const ranks = words('NodeRank')
const validityStates = words('ValidityState')
const validityBases = words('ValidityBasis')
const linkDirections = words('LinkDirection')

class Batch {
  constructor(buffer) {
    this.buffer = buffer
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    this.nodeCount = this.view.getUint32(0, true)
    this.left = this.view.getUint32(4, true)
    this.nodes = new Array(this.nodeCount)
    this.firstNode = 12 + 4 * this.nodeCount
    this.at = this.view.getUint32(8, true)
  }

  u8() {
    return this.view.getUint8(this.at++)
  }

  bool() {
    return this.view.getUint8(this.at++) !== 0
  }

  u16() {
    const value = this.view.getUint16(this.at, true)
    this.at += 2
    return value
  }

  u32() {
    const value = this.view.getUint32(this.at, true)
    this.at += 4
    return value
  }

  f64() {
    const value = this.view.getFloat64(this.at, true)
    this.at += 8
    return value
  }

  text() {
    const start = this.at + 4
    const end = start + this.view.getUint32(this.at, true)
    this.at = end
    return this.buffer.toString('utf8', start, end)
  }

  bytes() {
    const start = this.at + 4
    const end = start + this.view.getUint32(this.at, true)
    this.at = end
    return this.buffer.subarray(start, end)
  }

  texts() {
    const list = []
    for (let left = this.u32(); left > 0; left -= 1) list.push(this.text())
    return list
  }

  optionalText() {
    return this.bool() ? this.text() : null
  }

  /** The node that an event names by its index. */
  node() {
    return this.nodeAt(this.u32())
  }

  nodeAt(index) {
    const known = this.nodes[index]
    if (known !== undefined) return known
    const at = this.at
    this.at = this.firstNode + this.view.getUint32(12 + 4 * index, true)
    const node = readNode(this)
    this.at = at
    this.nodes[index] = node
    return node
  }

  allNodes() {
    return Array.from({ length: this.nodeCount }, (_, index) => this.nodeAt(index))
  }

  /** The kind of the next event, by its number. */
  peek() {
    return this.view.getUint8(this.at + 4)
  }

  skip() {
    this.left -= 1
    this.at += 4 + this.view.getUint32(this.at, true)
  }

  /** The next event, or undefined where its kind is not known to this version. */
  next() {
    const at = this.at
    const end = at + 4 + this.view.getUint32(at, true)
    const read = readers[this.view.getUint8(at + 4)]
    this.left -= 1
    this.at = at + 5
    const event = read === undefined ? undefined : read(this)
    this.at = end
    return event
  }
}

function readNode(batch) {
  const node = {
    name: batch.text(),
    address: batch.text(),
    ip: batch.optionalText(),
    port: batch.u16(),
    status: statuses[batch.u8()],
    rank: ranks[batch.u8()],
    isLighthouse: batch.bool(),
    datacenter: batch.u8(),
    generation: batch.f64(),
    incarnation: batch.u32(),
    pingMillis: batch.f64(),
    ageMillis: batch.f64(),
    timestampMillis: batch.f64(),
    emitCounter: batch.u16(),
    statusSource: batch.text(),
    tags: readTags(batch),
  }
  return Object.freeze(node)
}

function readTags(batch) {
  const tags = {}
  for (let left = batch.u32(); left > 0; left -= 1) {
    const name = batch.text()
    // `__proto__` may be the name of a tag like any other.
    Object.defineProperty(tags, name, { value: batch.text(), enumerable: true })
  }
  return Object.freeze(tags)
}

/** Readers of an event's fields by the word of its kind; the fields are in the order of the wire. */
const byWord = {
  status: (batch) => ({
    type: 'status',
    node: batch.node(),
    status: statuses[batch.u8()],
    previous: statuses[batch.u8()],
    source: batch.text(),
  }),
  broadcast: (batch) => {
    const origin = batch.node()
    const index = batch.u32()
    const label = batch.bool() ? `${origin.address}:${index}` : batch.text()
    return { type: 'broadcast', origin, index, label, bytes: batch.bytes() }
  },
  message: (batch) => ({ type: 'message', sender: batch.node(), bytes: batch.bytes() }),
  leader: (batch) => ({
    type: 'leader',
    leader: batch.bool() ? batch.node() : null,
    term: batch.f64(),
    scope: batch.bool() ? batch.u8() : null,
  }),
  validity: (batch) => ({
    type: 'validity',
    state: validityStates[batch.u8()],
    basis: validityBases[batch.u8()],
    seen: batch.texts(),
    needed: batch.u32(),
    missing: batch.texts(),
  }),
  node: (batch) => ({ type: 'node', node: batch.node() }),
  conflict: (batch) => ({ type: 'conflict', node: batch.node(), otherAddress: batch.text() }),
  link: (batch) => ({ type: 'link', node: batch.node(), direction: linkDirections[batch.u8()] }),
  merged: (batch) => ({ type: 'merged', members: batch.u32() }),
  datacenter: (batch) => ({ type: 'datacenter', number: batch.u8(), lost: batch.bool() }),
  lagged: (batch) => ({ type: 'lagged', missed: batch.f64() }),
  closed: (batch) => ({ type: 'closed', error: batch.optionalText() }),
}

const kinds = words('EventKind')
const readers = kinds.map((word) => byWord[word])

/** All nodes of a batch without events. */
const decodeNodes = (buffer) => new Batch(buffer).allNodes()

/** The only node of a batch, or null where there is no batch. */
const decodeNode = (buffer) => (buffer === null ? null : new Batch(buffer).nodeAt(0))

module.exports = { Batch, decodeNodes, decodeNode, kinds }
