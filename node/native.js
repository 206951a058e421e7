'use strict'

// Loads the addon that was built for this platform and lies beside this file.

const { platform } = require('./lib/platform.js')

const name = `./seafoam.${platform()}.node`

try {
  module.exports = require(name)
} catch (cause) {
  const missing = cause.code === 'MODULE_NOT_FOUND'
  const advice = missing ? 'it is not there: build it with `npm run build`' : cause.message
  throw new Error(`seafoam: cannot load the addon ${name}: ${advice}`, { cause })
}
