'use strict'

// Where the addon's bell meets the event loop.
//
// The bell is weak: it wakes the loop but never keeps it running. Whoever waits for something (an
// event, a result) holds the loop as long as it waits; an idle cluster does not.

const { setInterval, setImmediate } = require('node:timers')

const native = require('../native.js')
const { translate } = require('./errors.js')

/** So long a stream may run without letting the event loop turn, milliseconds. */
const SLICE_MILLIS = 4

/** What to do when the bell names a token. */
const waiting = new Map()
/** What was put off until the event loop has turned. */
let later = []
let scheduled = false

// Node calls the bell up to a thousand times before it lets the loop turn, as long as it rings again
// meanwhile. So the bell only schedules the work: it cannot ring again before the work takes its turn.
const loop = new native.Loop(() => {
  if (scheduled) return
  scheduled = true
  setImmediate(serve).unref()
})

function serve() {
  scheduled = false
  const put = later
  later = []
  for (const work of put) work()
  for (const token of loop.take()) waiting.get(token)?.()
}

/** Does this after the event loop has turned, without keeping the process alive for it. */
function soon(work) {
  later.push(work)
  loop.poke()
}

/** Longest interval that a timer takes: it only has to exist. */
const LONG_MILLIS = 2 ** 31 - 1
let holders = 0
let holder

function hold() {
  holders += 1
  if (holders > 1) return
  holder ??= setInterval(() => {}, LONG_MILLIS)
  holder.ref()
}

function release() {
  holders -= 1
  if (holders === 0) holder.unref()
}

/** Calls `ready` each time that the source of this token has something. */
function listen(token, ready) {
  waiting.set(token, ready)
}

function forget(token) {
  waiting.delete(token)
}

/**
 * A promise of a result that the addon will have; `from` is where its stack trace begins. A signal
 * gives the call up: the promise rejects with its reason.
 */
function settle(pending, from, signal) {
  const site = {}
  Error.captureStackTrace(site, from)
  return new Promise((resolve, reject) => {
    const finish = (settled, value) => {
      signal?.removeEventListener('abort', abort)
      forget(pending.token)
      release()
      settled(value)
    }
    const abort = () => {
      pending.giveUp()
      finish(reject, signal.reason)
    }
    hold()
    signal?.addEventListener('abort', abort)
    listen(pending.token, () => {
      try {
        const value = pending.take()
        if (value !== null) finish(resolve, value)
      } catch (error) {
        finish(reject, at(site, translate(error)))
      }
    })
  })
}

/**
 * Calls `ready` once with a result that the addon will have, without keeping the process alive for it;
 * what this returns gives the wait up.
 */
function watch(pending, ready) {
  const end = () => {
    forget(pending.token)
    pending.giveUp()
  }
  listen(pending.token, () => {
    try {
      if (pending.take() === null) return
    } catch {
      // What failed is over too.
    }
    end()
    ready()
  })
  return end
}

/** The error with the frames of the call, not of the bell. */
function at(site, error) {
  const frames = site.stack.slice(site.stack.indexOf('\n'))
  error.stack = `${error.name}: ${error.message}${frames}`
  return error
}

module.exports = { SLICE_MILLIS, loop, hold, release, listen, forget, settle, soon, watch, setImmediate }
