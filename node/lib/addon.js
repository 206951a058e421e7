'use strict'

// Which addon is loaded, and what is said where none can be.

const { version } = require('../package.json')
const { LAYOUT } = require('./layout.js')

/** The package that brings the addon of a platform, such as `linux-x64-gnu`. */
const packageOf = (platform) => `@seafoam/${platform}`

const fail = (text, cause) => {
  throw new Error(`seafoam: ${text}`, cause && { cause })
}

/**
 * The addon of a platform, if it belongs to this JavaScript.
 *
 * @param {(name: string) => object} from how a module is loaded, as seen from the package's root
 * @param {string} platform
 */
function load(from, platform) {
  const names = [`./seafoam.${platform}.node`, packageOf(platform)]
  for (const name of names) {
    const native = attempt(from, name)
    if (native === null) continue
    check(native, name)
    return native
  }
  return fail(
    `there is no addon for ${platform}. It comes with the package ${names[1]}@${version}, an optional ` +
      'dependency of seafoam: install without --omit=optional and --no-optional, on the platform where ' +
      'it will run; where that package does not exist, build it from the sources with `npm run build`.',
  )
}

/** The module of this name, or null where there is none. */
function attempt(from, name) {
  try {
    return from(name)
  } catch (cause) {
    // A module that is there may lack another one, or its system library: that is another matter.
    if (cause.code === 'MODULE_NOT_FOUND' && cause.message.includes(name)) return null
    return fail(`cannot load the addon ${name}: ${cause.message}`, cause)
  }
}

/** Refuses an addon of another build: what it hands over would be read wrongly. */
function check(native, name) {
  const of = (version, layout) => `version ${version}, layout ${layout}`
  const found = native.identity?.()
  const wanted = of(version, LAYOUT)
  if (found !== undefined && of(found.version, found.layout) === wanted) return
  const is = found === undefined ? 'one from before layouts had numbers' : of(found.version, found.layout)
  const advice = name.startsWith('.')
    ? 'Build it again with `npm run build`'
    : `Install ${name}@${version} beside seafoam@${version}`
  fail(`the addon ${name} does not belong to this JavaScript: it is ${is}; needed is ${wanted}. ${advice}.`)
}

module.exports = { load, packageOf }
