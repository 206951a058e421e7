'use strict'

const native = require('./native.js')
const { Cluster } = require('./lib/cluster.js')
const { SeafoamError, run } = require('./lib/errors.js')
const log = require('./lib/log.js')
const tables = require('./lib/tables.js')

/** This machine's address, or null where there is none but loopback. */
function localIp() {
  return run(localIp, () => native.localIp())
}

/** A new key for `keys` or a `keysFile`: 32 random bytes in base64. */
function generateKey() {
  return run(generateKey, () => native.generateKey())
}

/** The wall clock in milliseconds since the epoch. */
function nowMillis() {
  return native.nowMillis()
}

module.exports = {
  Cluster,
  SeafoamError,
  generateKey,
  localIp,
  nowMillis,
  log: log.log,
  logLevel: log.logLevel,
  setLogLevel: log.setLogLevel,
  setLogger: log.setLogger,
  version: tables.version,
  PING_NO_DATA: tables.PING_NO_DATA,
  PING_TIMED_OUT: tables.PING_TIMED_OUT,
  DATACENTER_NONE: tables.DATACENTER_NONE,
  ...tables.constants,
}
