'use strict'

const { constants } = require('./tables.js')

const known = new Set(Object.keys(constants.ErrorCode).map((name) => name.toLowerCase()))

/** A failed call: `code` to branch on, `message` for people. */
class SeafoamError extends Error {
  constructor(code, message, options) {
    super(message, options)
    this.code = code
  }
}
Object.defineProperty(SeafoamError.prototype, 'name', {
  value: 'SeafoamError',
  configurable: true,
  writable: true,
})

/** An error of the addon as users see it; anything else stays what it is. */
function translate(error, from) {
  if (error instanceof SeafoamError || !known.has(error?.code)) return error
  const translated = new SeafoamError(error.code, error.message)
  if (from) Error.captureStackTrace(translated, from)
  return translated
}

/** Makes a call of the addon; `from` is the public function, where the stack trace shall begin. */
function run(from, call) {
  try {
    return call()
  } catch (error) {
    throw translate(error, from)
  }
}

/** A refused argument, worded as the core words a refused configuration value. */
function refused(name, value, accepts) {
  const shown = typeof value === 'string' ? JSON.stringify(value) : describe(value)
  return new SeafoamError('invalid_config', `${name} = ${shown} is refused: it takes ${accepts}`)
}

function describe(value) {
  if (value === null || ['number', 'boolean', 'bigint', 'undefined'].includes(typeof value))
    return String(value)
  if (typeof value === 'object') return `an object of ${value.constructor?.name ?? 'no class'}`
  return `a ${typeof value}`
}

module.exports = { SeafoamError, translate, run, refused }
