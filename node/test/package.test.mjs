// The packages as users get them: packed, installed without a network into an empty project, used.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const { platform } = require('../lib/platform.js')
const { version } = require('../package.json')

const root = fileURLToPath(new URL('..', import.meta.url))
const here = platform()
const addon = `seafoam.${here}.node`
const packed = { main: `seafoam-${version}.tgz`, addon: `seafoam-${here}-${version}.tgz` }

let folder
const at = (...names) => join(folder, ...names)

/** Runs a command; resolves with how it ended and all that it said. */
async function run(cwd, command, ...args) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, said }
}

/** A project that has these packages installed, and nothing else. */
async function project(name, ...tarballs) {
  const folder = at(name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  // A cache of its own, which is empty: whatever is not in the folder cannot be had.
  const flags = ['--offline', '--cache', at('cache'), '--no-audit', '--no-fund', '--loglevel=error']
  const { code, said } = await run(folder, 'npm', 'install', ...flags, ...tarballs.map((name) => at(name)))
  assert.equal(code, 0, said)
  return folder
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seafoam-package-'))
  const made = process.env.PACKAGES_DIR // those that `make wheels` made, else packed here
  if (made) {
    for (const name of Object.values(packed)) cpSync(join(made, name), at(name))
    return
  }
  const script = join(root, 'scripts', 'pack.mjs')
  const given = ['--out', folder, '--addon', `${here}=${join(root, addon)}`]
  const { code, said } = await run(root, process.execPath, script, ...given)
  assert.equal(code, 0, said)
})
after(() => rmSync(folder, { recursive: true }))

test('a project with both packages: import, require, types', async (t) => {
  const consumer = await project('both', packed.addon, packed.main)
  cpSync(join(root, 'test', 'consumer'), consumer, { recursive: true })

  await t.test('the packages have what they should, and nothing else', () => {
    const main = join(consumer, 'node_modules', 'seafoam')
    assert.deepEqual(readdirSync(main).sort(), [
      ...['LICENSE', 'README.md', 'index.d.mts', 'index.d.ts', 'index.js', 'index.mjs'],
      ...['lib', 'native.js', 'package.json', 'types'],
    ])
    const binary = join(consumer, 'node_modules', '@seafoam', here)
    assert.deepEqual(readdirSync(binary).sort(), ['LICENSE', 'README.md', 'package.json', addon])
    const [os, cpu, abi] = here.split('-')
    const { libc, ...fields } = JSON.parse(readFileSync(join(binary, 'package.json')))
    assert.deepEqual(fields, {
      name: `@seafoam/${here}`,
      version,
      license: 'Apache-2.0',
      engines: { node: '>=20' },
      description: `The addon of seafoam for ${here}`,
      os: [os],
      cpu: [cpu],
      main: addon,
      files: [addon],
    })
    assert.deepEqual(libc, { gnu: ['glibc'], musl: ['musl'] }[abi])
    const whole = JSON.parse(readFileSync(join(main, 'package.json')))
    assert.deepEqual(whole.optionalDependencies, { [`@seafoam/${here}`]: version })
    assert.deepEqual(
      [whole.scripts, whole.devDependencies, whole.dependencies],
      [undefined, undefined, undefined],
    )
    assert.doesNotMatch(readFileSync(join(main, 'README.md'), 'utf8'), /<!--/)
  })

  await t.test('two nodes meet, by import and by require', async () => {
    const imported = await run(consumer, process.execPath, 'meet.mjs')
    assert.deepEqual(imported, { code: 0, said: 'ada says hello\none package\n' })
    const required = await run(consumer, process.execPath, 'meet.cjs')
    assert.deepEqual(required, { code: 0, said: 'ada says hello\n' })
  })

  await t.test('programs in TypeScript compile with strict rules', async () => {
    const modules = join(root, 'node_modules')
    symlinkSync(join(modules, '@types'), join(consumer, 'node_modules', '@types'))
    cpSync(join(root, 'test', 'types'), join(consumer, 'types'), { recursive: true })
    const tsc = join(modules, 'typescript', 'bin', 'tsc')
    const right = await run(consumer, process.execPath, tsc, '-p', 'types')
    assert.deepEqual(right, { code: 0, said: '' })
    const wrong = "import { Cluster } from 'seafoam'\nconst port: string = Cluster\n"
    writeFileSync(join(consumer, 'types', 'wrong.mts'), wrong)
    const { code, said } = await run(consumer, process.execPath, tsc, '-p', 'types')
    assert.notEqual(code, 0)
    assert.match(said, /wrong\.mts.*TS2322/)
  })
})

test('without the package of the platform, import and require say what to do', async () => {
  const consumer = await project('main-alone', packed.main)
  const advice = `there is no addon for ${here}. It comes with the package @seafoam/${here}@${version}`
  for (const program of ["require('seafoam')", "import('seafoam')"]) {
    const { code, said } = await run(consumer, process.execPath, '-e', program)
    assert.equal(code, 1)
    assert.ok(said.includes(advice), said)
    assert.match(said, /--omit=optional.*npm run build/)
  }
})
