'use strict'

const { Batch } = require('./decode.js')
const { SLICE_MILLIS, hold, release, listen, forget, setImmediate } = require('./loop.js')

/** Events taken from the engine at once. */
const BATCH = 1024

/** Events between two looks at the clock, which costs as much as half an event, while they are fast. */
const STRIDE = 16
/** A reader that spends more than this on an event is slow: the clock is looked at each time. */
const FAST_MILLIS = 0.05

const DONE = Object.freeze({ value: undefined, done: true })

/**
 * A subscription as an async iterator.
 *
 * It drains batches without waiting and decodes event by event. When there is nothing, the reader
 * waits for the bell. A stream that always has something would keep the event loop from turning, as
 * promises that are ready resolve in microtasks: after each slice of time it lets the loop turn once.
 */
class EventStream {
  #native
  #batch = null
  /** Readers that wait, in the order of their calls: there may be several. */
  #readers = []
  #finished = false
  #yielding = false
  #armed = false
  /** When the event loop turned last, as far as is known here. */
  #since = performance.now()
  #looked = this.#since
  #stride = 1
  #unlooked = 0
  /** Why the stream was aborted, until a reader was told. */
  #reason
  #aborted = false
  #signal
  #onAbort

  /** `native` is a subscription of the addon, whose first event is the next after this call. */
  constructor(native, signal) {
    this.#native = native
    if (signal === undefined) return
    this.#signal = signal
    this.#onAbort = () => this.#abort(signal.reason)
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  next() {
    if (this.#readers.length > 0 || this.#finished) return this.#enqueue()
    this.#unlooked -= 1
    if (this.#unlooked <= 0 && this.#isTurnDue()) return this.#afterTurn()
    const event = this.#take()
    if (event === undefined) return this.#enqueue()
    if (event.type === 'closed') this.#finish()
    return Promise.resolve({ value: event, done: false })
  }

  /** Ends the subscription; readers that wait are told that it is done. */
  return(value) {
    this.#finish()
    this.#batch = null
    return Promise.resolve({ value, done: true })
  }

  throw(error) {
    this.return()
    return Promise.reject(error)
  }

  [Symbol.asyncIterator]() {
    return this
  }

  async [Symbol.asyncDispose]() {
    await this.return()
  }

  #enqueue() {
    if (this.#finished) return this.#end()
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject })
      if (!this.#yielding) this.#arm()
    })
  }

  /** The last answer: the reason of an abort once, then "done". */
  #end() {
    if (!this.#aborted) return Promise.resolve(DONE)
    this.#aborted = false
    return Promise.reject(this.#reason)
  }

  /** Whether the slice of time is used up; says, too, when to ask again. */
  #isTurnDue() {
    const now = performance.now()
    const fast = now - this.#looked < FAST_MILLIS * this.#stride
    this.#stride = fast ? STRIDE : 1
    this.#unlooked = this.#stride
    this.#looked = now
    return now - this.#since >= SLICE_MILLIS
  }

  /** Lets the event loop turn before the next event. */
  #afterTurn() {
    this.#yielding = true
    const promise = this.#enqueue()
    setImmediate(() => {
      this.#yielding = false
      if (this.#finished) return
      this.#arm()
      this.#serve()
    })
    return promise
  }

  /** Waits for the bell, and keeps the process alive meanwhile. */
  #arm() {
    if (this.#armed) return
    this.#armed = true
    hold()
    listen(this.#native.token, () => this.#serve())
  }

  #disarm() {
    if (!this.#armed) return
    this.#armed = false
    forget(this.#native.token)
    release()
  }

  /** Answers readers that wait, as far as there are events. */
  #serve() {
    this.#since = performance.now()
    while (this.#readers.length > 0) {
      const event = this.#take()
      if (event === undefined) return
      this.#readers.shift().resolve({ value: event, done: false })
      if (event.type === 'closed') this.#finish()
    }
    this.#disarm()
  }

  /** The next event, or undefined where there is none now. */
  #take() {
    for (;;) {
      if (this.#batch === null || this.#batch.left === 0) {
        const buffer = this.#native.drain(BATCH)
        if (buffer === null) {
          this.#batch = null
          if (this.#native.ended) this.#finish()
          return undefined
        }
        this.#batch = new Batch(buffer)
      }
      const event = this.#batch.next()
      if (event !== undefined) return event // else a kind of a later version
    }
  }

  #abort(reason) {
    if (this.#finished) return
    this.#reason = reason
    this.#aborted = true
    this.#batch = null
    this.#finish()
  }

  /** Nothing more comes from the engine: gives back what the subscription holds. */
  #finish() {
    if (this.#finished) return
    this.#finished = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    const readers = this.#readers
    this.#readers = []
    this.#disarm()
    this.#native.close()
    for (const { resolve } of readers.slice(this.#aborted ? 1 : 0)) resolve(DONE)
    if (this.#aborted && readers.length > 0) {
      this.#aborted = false
      readers[0].reject(this.#reason)
    }
  }
}

module.exports = { EventStream }
