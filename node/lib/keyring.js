'use strict'

const args = require('./args.js')
const { run } = require('./errors.js')
const { settle } = require('./loop.js')

const REPORT_MILLIS = 5_000
const ROTATE_MILLIS = 30_000

/** The keys of one cluster. */
class Keyring {
  #native

  /** Use `cluster.keyring()`. */
  constructor(native) {
    this.#native = native
  }

  list() {
    return run(this.list, () => this.#native.list())
  }

  install(key) {
    // Never shown, so it is not checked here: a refusal would repeat it.
    return run(this.install, () => this.#native.install(typeof key === 'string' ? key : ''))
  }

  use(keyId) {
    const id = args.text('keyId', keyId)
    run(this.use, () => this.#native.useKey(id))
  }

  retire(keyId) {
    const id = args.text('keyId', keyId)
    run(this.retire, () => this.#native.retire(id))
  }

  reload() {
    return run(this.reload, () => this.#native.reload())
  }

  async report(options) {
    const { timeoutMillis, signal } = args.options(options, ['timeoutMillis', 'signal'])
    const timeout = args.number('timeoutMillis', timeoutMillis ?? REPORT_MILLIS)
    const ended = args.signal(signal)
    return settle(
      run(this.report, () => this.#native.report(timeout)),
      this.report,
      ended,
    )
  }

  async rotate(keyId, options) {
    const id = args.text('keyId', keyId)
    const { timeoutMillis, signal } = args.options(options, ['timeoutMillis', 'signal'])
    const timeout = args.number('timeoutMillis', timeoutMillis ?? ROTATE_MILLIS)
    const ended = args.signal(signal)
    return settle(
      run(this.rotate, () => this.#native.rotate(id, timeout)),
      this.rotate,
      ended,
    )
  }
}

module.exports = { Keyring }
