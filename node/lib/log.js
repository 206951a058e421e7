'use strict'

const native = require('../native.js')
const { callback, text, word } = require('./args.js')
const { run } = require('./errors.js')
const { SLICE_MILLIS, loop, listen, forget, soon } = require('./loop.js')

/** Lines taken at once: all that can wait. */
const BATCH = 1024

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
    handOver() // lines of before the change are for the old one
    forget(lines.token)
    lines.close()
    lines = null
    process.off('exit', handOver)
  }
  logger = chosen
  if (logger === null) return
  lines = new native.LogLines(loop)
  listen(lines.token, slice)
  // The loop turns no more at exit, so what waits is handed over at once.
  process.on('exit', handOver)
}

function slice() {
  const until = performance.now() + SLICE_MILLIS
  while (handOver()) {
    if (performance.now() < until) continue
    soon(slice)
    return
  }
}

/** Hands over the lines that wait now, not those that the logger itself makes; whether there were any. */
function handOver() {
  const batch = lines?.drain(BATCH) ?? []
  for (const { level, text } of batch) {
    try {
      logger?.(level, text)
    } catch {
      // A logger that throws loses its line: there is nowhere to report that to.
    }
  }
  return batch.length > 0
}

module.exports = { log, logLevel, setLogLevel, setLogger }
