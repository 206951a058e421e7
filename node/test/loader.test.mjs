// Which addon is loaded, and the refusals where none fits.

import assert from 'node:assert/strict'
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { native } from './helpers.mjs'

const require = createRequire(import.meta.url)
const { load } = require('../lib/addon.js')
const { LAYOUT } = require('../lib/layout.js')
const { byLinker, byReport, platform } = require('../lib/platform.js')
const { version } = require('../package.json')

const LOCAL = './seafoam.linux-x64-gnu.node'
const PACKAGE = '@seafoam/linux-x64-gnu'
const identity = () => ({ version, layout: LAYOUT })

/** What `require` does where these modules are and no others. */
const having = (modules) => (name) => {
  if (name in modules) return modules[name]
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
}

test('both ways to know the C library agree', { skip: process.platform !== 'linux' && 'Linux alone' }, () => {
  assert.equal(byLinker(), byReport())
})

test('the addon says what decode.js reads', () => {
  assert.deepEqual({ ...native.identity() }, identity())
})

test('the addon beside the loader comes before the package of the platform', () => {
  const [built, installed] = [{ identity }, { identity }]
  assert.equal(load(having({ [LOCAL]: built, [PACKAGE]: installed }), 'linux-x64-gnu'), built)
  assert.equal(load(having({ [PACKAGE]: installed }), 'linux-x64-gnu'), installed)
})

test('where there is no addon, the platform, the package and the ways out are named', () => {
  assert.throws(() => load(having({}), 'plan9-mips'), {
    message:
      `seafoam: there is no addon for plan9-mips. It comes with the package @seafoam/plan9-mips@${version}, ` +
      'an optional dependency of seafoam: install without --omit=optional and --no-optional, on the ' +
      'platform where it will run; where that package does not exist, build it from the sources with ' +
      '`npm run build`.',
  })
})

test('an addon that is there but does not load says why', () => {
  const cause = Object.assign(new Error('libwanted.so.1: cannot open'), { code: 'ERR_DLOPEN_FAILED' })
  const broken = () => {
    throw cause
  }
  assert.throws(() => load(broken, 'linux-x64-gnu'), {
    message: `seafoam: cannot load the addon ${LOCAL}: libwanted.so.1: cannot open`,
    cause,
  })
})

for (const [what, addon, found] of [
  ['of another layout', { identity: () => ({ version, layout: '0-12345678' }) }, 'layout 0-12345678'],
  ['of another version', { identity: () => ({ version: '0.0.9', layout: LAYOUT }) }, 'version 0.0.9'],
  ['that knows no layouts', { tables() {} }, 'one from before layouts had numbers'],
]) {
  test(`an addon ${what} is refused, built here or installed`, () => {
    const refused = (advice) => (error) => {
      assert.match(error.message, /does not belong to this JavaScript: it is /)
      assert.ok(error.message.includes(found), error.message)
      assert.ok(error.message.includes(`needed is version ${version}, layout ${LAYOUT}`), error.message)
      assert.ok(error.message.endsWith(advice), error.message)
      return true
    }
    assert.throws(
      () => load(having({ [LOCAL]: addon }), 'linux-x64-gnu'),
      refused('Build it again with `npm run build`.'),
    )
    assert.throws(
      () => load(having({ [PACKAGE]: addon }), 'linux-x64-gnu'),
      refused(`Install ${PACKAGE}@${version} beside seafoam@${version}.`),
    )
  })
}

test('the real addon beside newer JavaScript does not load', (t) => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const copy = mkdtempSync(join(tmpdir(), 'seafoam-loader-'))
  t.after(() => rmSync(copy, { recursive: true }))
  for (const name of ['package.json', 'index.js', 'native.js', `seafoam.${platform()}.node`]) {
    copyFileSync(join(root, name), join(copy, name))
  }
  cpSync(join(root, 'lib'), join(copy, 'lib'), { recursive: true })
  const layout = join(copy, 'lib', 'layout.js')
  const newer = readFileSync(layout, 'utf8').replace(LAYOUT, '2-00000000')
  writeFileSync(layout, newer)
  assert.throws(() => require(copy), {
    message: new RegExp(`it is version .*, layout ${LAYOUT}; needed is version .*, layout 2-00000000`),
  })
})
