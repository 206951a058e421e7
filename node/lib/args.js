'use strict'

// Arguments of users as the addon takes them. Ranges are checked by the core; here are types alone.

const { SeafoamError, refused } = require('./errors.js')

/** A node by its name, its address, or a snapshot of it. */
function nodeName(value) {
  if (typeof value === 'string') return value
  if (typeof value?.name === 'string') return value.name
  throw refused('node', value, 'a name, an address or a node')
}

/** Bytes as they are, text as UTF-8. */
function bytes(name, value) {
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  throw refused(name, value, 'a string, a Buffer or a Uint8Array')
}

function text(name, value) {
  if (typeof value === 'string') return value
  throw refused(name, value, 'a string')
}

function number(name, value) {
  if (typeof value === 'number') return value
  throw refused(name, value, 'a number')
}

function flag(name, value) {
  if (typeof value === 'boolean') return value
  throw refused(name, value, 'true or false')
}

function callback(value) {
  if (typeof value === 'function') return value
  throw refused('callback', value, 'a function')
}

/** Nothing, or a signal; one that is aborted already throws its reason. */
function signal(value) {
  if (value === undefined || value === null) return undefined
  // As Node itself does it: a signal may come from another realm.
  if (typeof value !== 'object' || !('aborted' in value)) throw refused('signal', value, 'an AbortSignal')
  if (value.aborted) throw value.reason
  return value
}

/** A word of a vocabulary, or its number. */
function word(name, value) {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw refused(name, value, 'a word or its number')
}

/** `{ role: 'cache' }`, every value a string. */
function map(name, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused(name, value, 'an object of strings')
  }
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') throw refused(`${name}.${key}`, item, 'a string')
  }
  return { ...value }
}

/** An object of options with no other keys than these. */
function options(value, keys) {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null) throw refused('options', value, 'an object')
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) {
      throw new SeafoamError(
        'invalid_config',
        `"${key}" is not an option here; the options are ${keys.join(', ')}`,
      )
    }
  }
  return value
}

module.exports = { nodeName, bytes, text, number, flag, callback, signal, word, map, options }
