'use strict'

const native = require('../native.js')
const { callback, text, word } = require('./args.js')
const { run } = require('./errors.js')
const { SLICE_MILLIS, loop, listen, forget, setImmediate } = require('./loop.js')

/** Lines taken at once. */
const BATCH = 256

let lines = null
let logger = null

/** Logs a line among those of seafoam, for programs that want that. */
function log(level, line) {
  run(log, () => native.log(word('level', level), text('text', line)))
}

function setLogLevel(level) {
  run(setLogLevel, () => native.setLogLevel(word('level', level)))
}

function logLevel() {
  return native.logLevel()
}

/**
 * Sets what takes the log's lines on this thread, process-wide: the last one that was set has them.
 * None restores the default, standard error.
 */
function setLogger(next) {
  const chosen = next === null || next === undefined ? null : callback(next)
  if (lines !== null) {
    pump(Number.POSITIVE_INFINITY) // lines of before the change are for the old one
    forget(lines.token)
    lines.close()
    lines = null
    process.off('exit', flush)
  }
  logger = chosen
  if (logger === null) return
  lines = new native.LogLines(loop)
  listen(lines.token, slice)
  process.on('exit', flush)
}

function slice() {
  if (pump(performance.now() + SLICE_MILLIS)) setImmediate(slice).unref()
}

/** The loop turns no more at exit, so what waits is handed over at once. */
function flush() {
  pump(performance.now() + 1000)
}

/** Hands lines over until there are none or the time has come; whether some are left. */
function pump(until) {
  while (lines !== null) {
    const batch = lines.drain(BATCH)
    if (batch.length === 0) return false
    for (const line of batch) {
      try {
        logger?.(line.level, line.text)
      } catch {
        // A logger that throws loses its line: there is nowhere to report that to.
      }
    }
    if (performance.now() >= until) return true
  }
  return false
}

module.exports = { log, logLevel, setLogLevel, setLogger }
