'use strict'

const native = require('../native.js')
const { Batch, kinds } = require('./decode.js')
const { SLICE_MILLIS, hold, release, listen, forget, soon } = require('./loop.js')

/** Events taken from the engine at once. */
const BATCH = 256
/** So long `close` waits for callbacks that have not been called yet, as in every language. */
const CLOSE_WAIT_MILLIS = 1000

/**
 * The callbacks of one cluster: one subscription feeds them all, so that they see events in one order.
 *
 * They run on the JavaScript thread, in slices between which the event loop turns, and never keep the
 * process alive. Each is called for what happens after it was installed, and never after its removal.
 */
class Listeners {
  #open
  #native = null
  /** Replaced, never changed: a batch keeps the list as it was when the batch was taken. */
  #entries = []
  /** Batches whose events were not all handed over yet. */
  #runs = []
  #pumping = false
  #scheduled = false
  #onEnd = null

  /** `open` opens a subscription for all kinds of events. */
  constructor(open) {
    this.#open = open
  }

  /** Installs a callback; `type` is its kind of event, or null for all. `kinds`: a set of them. */
  add(entry) {
    if (this.#native === null) {
      this.#native = this.#open()
      listen(this.#native.token, () => this.#pump())
    }
    this.#pull() // what happened before is not for the new one
    this.#entries = [...this.#entries, entry]
    if (this.#runs.length > 0) this.#schedule()
    return entry
  }

  /** Takes the callback away that was installed last with this kind and function. */
  removeLast(type, callback) {
    const entry = this.#entries.findLast((entry) => entry.type === type && entry.callback === callback)
    if (entry) this.remove(entry)
  }

  remove(entry) {
    entry.removed = true
    this.#entries = this.#entries.filter((other) => other !== entry)
    if (this.#entries.length === 0 && this.#onEnd === null) this.#stop()
  }

  /** After the cluster has closed: hands over what waits, at most for a second; then none begins. */
  async finish() {
    if (this.#native === null) return
    hold()
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSE_WAIT_MILLIS)
      this.#onEnd = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#pump()
    })
    release()
    for (const entry of this.#entries) entry.removed = true
    this.#entries = []
    this.#stop()
  }

  #stop() {
    this.#runs = []
    if (this.#native === null) return
    forget(this.#native.token)
    this.#native.close()
    this.#native = null
  }

  /** Takes what waits now, for the callbacks that there are now. */
  #pull() {
    for (;;) {
      const buffer = this.#native.drain(BATCH)
      if (buffer === null) return
      this.#runs.push({ batch: new Batch(buffer), entries: this.#entries })
    }
  }

  #schedule() {
    if (this.#scheduled) return
    this.#scheduled = true
    soon(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  #pump() {
    if (this.#pumping || this.#native === null) return
    this.#pumping = true
    const until = performance.now() + SLICE_MILLIS
    while (this.#native !== null && performance.now() < until) {
      if (this.#runs.length === 0) this.#pull()
      if (this.#runs.length === 0) break
      this.#handOver(until)
    }
    this.#pumping = false
    if (this.#native === null) return
    if (this.#runs.length > 0) this.#schedule()
    else if (this.#native.ended) this.#ended()
  }

  /** Hands over events of the oldest batch until the time has come. */
  #handOver(until) {
    const run = this.#runs[0]
    while (run.batch.left > 0) {
      const kind = kinds[run.batch.peek()]
      const entries = run.entries.filter((entry) => wants(entry, kind))
      if (entries.length === 0) {
        run.batch.skip()
        continue
      }
      const event = run.batch.next()
      for (const entry of entries) this.#call(entry, event)
      if (performance.now() >= until) break
    }
    if (run.batch.left === 0 && this.#runs[0] === run) this.#runs.shift()
  }

  #call(entry, event) {
    if (entry.removed) return
    if (entry.once) this.remove(entry)
    try {
      const result = entry.call(event)
      if (typeof result?.then === 'function') result.then(undefined, (error) => logThrown(event, error))
    } catch (error) {
      logThrown(event, error)
    }
  }

  #ended() {
    this.#stop()
    this.#onEnd?.()
  }
}

function wants(entry, kind) {
  return kind !== undefined && !entry.removed && (entry.kinds === null || entry.kinds.has(kind))
}

/** A callback that throws is logged and stays. */
function logThrown(event, error) {
  const text = error instanceof Error ? error.stack : String(error)
  native.log('error', `a callback threw on a ${event.type} event: ${text}`)
}

/** What a callback was installed as; removing it twice is no error. */
class CallbackHandle {
  #listeners
  #entry

  constructor(listeners, entry) {
    this.#listeners = listeners
    this.#entry = entry
  }

  remove() {
    this.#listeners.remove(this.#entry)
  }

  [Symbol.dispose]() {
    this.remove()
  }
}

module.exports = { Listeners, CallbackHandle }
