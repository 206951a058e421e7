'use strict'

// The words of the core, as JavaScript uses them. No list is kept here: the addon brings them.

const native = require('../native.js')

const tables = native.tables()

/** `listen_port` becomes `listenPort`. */
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())

/** Configuration rows by their name in JavaScript. */
const configKeys = new Map(tables.config.map((row) => [camel(row.name), row]))

const vocabularies = {}
for (const { vocabulary, word, number } of tables.words) {
  vocabularies[vocabulary] ??= { constants: {}, byNumber: [] }
  vocabularies[vocabulary].constants[word.toUpperCase()] = number
  vocabularies[vocabulary].byNumber[number] = word
}

/** Words of a vocabulary by their number, for decoding. */
const words = (vocabulary) => vocabularies[vocabulary].byNumber

/** Vocabularies as frozen objects `{ ALIVE: 1, ... }`, by their name. */
const constants = Object.fromEntries(
  Object.entries(vocabularies).map(([name, { constants }]) => [name, Object.freeze(constants)]),
)

const statNames = tables.stats.map(camel)

module.exports = {
  camel,
  configKeys,
  constants,
  words,
  statNames,
  version: tables.version,
  PING_NO_DATA: tables.pingNoData,
  PING_TIMED_OUT: tables.pingTimedOut,
  DATACENTER_NONE: tables.datacenterNone,
}
