'use strict'

// Configuration values: objects of JavaScript to the texts of the core's table, and back.

const { SeafoamError, refused, translate } = require('./errors.js')
const { configKeys } = require('./tables.js')

function row(key) {
  const found = configKeys.get(key)
  if (found) return found
  const names = [...configKeys.keys()].join(', ')
  throw new SeafoamError(
    'invalid_config',
    `${JSON.stringify(String(key))} is not a configuration key; the keys are ${names}`,
  )
}

/** The text of a value. Lists are joined by commas, so an item with a comma would be two. */
function toText(key, value) {
  const { accepts } = row(key)
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      if (Array.isArray(value)) {
        return value.map((item, index) => part(`${key}[${index}]`, item, accepts)).join(',')
      }
      if (isPlain(value)) {
        return Object.entries(value)
          .map(([name, item]) => `${part(key, name, accepts, '=')}=${part(`${key}.${name}`, item, accepts)}`)
          .join(',')
      }
  }
  throw refused(key, value, accepts)
}

const isPlain = (value) => value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value))

function part(name, value, accepts, alsoForbidden = ',') {
  const scalar = ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
  const item = String(value)
  if (!scalar || item.includes(',') || item.includes(alsoForbidden)) throw refused(name, value, accepts)
  return item
}

/** What a text of the table is in JavaScript; null where nothing is set. */
function fromText(key, value) {
  const { shape } = row(key)
  const items = value === '' ? [] : value.split(',')
  switch (shape) {
    case 'list of text':
      return items
    case 'list of integer':
      return items.map(Number)
    case 'map of text to text':
      return Object.fromEntries(items.map((item) => split(item)))
  }
  if (value === '') return null
  if (shape === 'integer') return Number(value)
  return shape === 'bool' ? value === 'true' : value
}

function split(item) {
  const at = item.indexOf('=')
  return [item.slice(0, at), item.slice(at + 1)]
}

/** The core speaks of `listen_port`; whoever wrote `listenPort` reads that. */
function rename(error, key) {
  const translated = translate(error)
  if (translated instanceof SeafoamError) {
    translated.message = translated.message.replace(row(key).name, key)
  }
  return translated
}

/** Hands every value of `options` that is set to `config`, an object of the addon. */
function apply(config, options) {
  if (typeof options !== 'object' || options === null)
    throw refused('config', options, 'an object of configuration keys')
  for (const [key, value] of Object.entries(options)) {
    const { name } = row(key)
    if (value === undefined || value === null) continue
    const text = toText(key, value)
    try {
      config.set(name, text)
    } catch (error) {
      throw rename(error, key)
    }
  }
}

module.exports = { row, toText, fromText, rename, apply }
