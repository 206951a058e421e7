'use strict'

// To lead, as an idiom: tenures one after the other, each with a signal that ends with it.

const { SeafoamError, run } = require('./errors.js')
const { settle, watch } = require('./loop.js')

/** One time of this node as leader. */
class Tenure {
  #native
  #controller = new AbortController()
  #unwatch
  #outer
  #onAbort

  constructor(native, lease, outer) {
    this.#native = native
    this.term = lease.term
    this.termQuality = lease.termQuality
    this.#unwatch = watch(native.deposed(this.term), () => this.#abort(lost(this.term)))
    this.#outer = outer
    this.#onAbort = () => this.#abort(outer.reason)
    outer?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get signal() {
    return this.#controller.signal
  }

  lease() {
    if (this.#native.isClosed()) return null
    const lease = run(this.lease, () => this.#native.lease())
    return lease?.term === this.term ? lease : null
  }

  isHeld() {
    return this.lease() !== null
  }

  async resign() {
    const pending = run(this.resign, () => this.#native.stepDown(this.term))
    await settle(pending, this.resign)
  }

  /** The turn of the loop is over: nothing is watched any more. */
  static end(tenure) {
    tenure.#unwatch()
    tenure.#outer?.removeEventListener('abort', tenure.#onAbort)
  }

  #abort(reason) {
    Tenure.end(this)
    this.#controller.abort(reason)
  }
}

const lost = (term) => new SeafoamError('not_leader', `the lead of term ${term} was lost`)

async function* tenures(native, signal, resigns) {
  let after = 0
  for (;;) {
    const lease = await next(native, after, signal)
    if (lease === null) return
    after = lease.term
    const tenure = new Tenure(native, lease, signal)
    try {
      yield tenure
    } finally {
      Tenure.end(tenure)
      if (resigns) await tenure.resign()
    }
  }
}

/** The lease of the next tenure, or null where the cluster was closed. */
async function next(native, after, signal) {
  if (signal?.aborted) throw signal.reason
  try {
    return await settle(
      run(next, () => native.elected(after)),
      next,
      signal,
    )
  } catch (error) {
    if (error?.code === 'closed') return null
    throw error
  }
}

module.exports = { Tenure, tenures }
