// Makes the packages that users install: `seafoam`, which is JavaScript, and one package for the addon
// of each platform, which is its optional dependency.
//
//   node scripts/pack.mjs [--out DIR] [--glibc VERSION] [--addon PLATFORM=FILE]...
//
// Without --addon the addon of this platform is built for it; with --glibc for machines with a C library
// as old as that, which takes `cargo zigbuild` (`make wheels` brings it). A release names those of all
// platforms, each built where it runs.

import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { build } from './addon.mjs'

const require = createRequire(import.meta.url)
const { packageOf } = require('../lib/addon.js')
const { platform } = require('../lib/platform.js')
const source = require('../package.json')

const here = fileURLToPath(new URL('..', import.meta.url))
const license = fileURLToPath(new URL('../../LICENSE', import.meta.url))
const LIBC = { gnu: 'glibc', musl: 'musl' }

/** What both kinds of packages say of themselves. */
const { version, license: terms, engines } = source
const common = { version, license: terms, engines }

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

/** The folder of a platform's package. */
function stagePlatform(folder, name, file) {
  const [os, cpu, abi] = name.split('-')
  const addon = `seafoam.${name}.node`
  mkdirSync(folder, { recursive: true })
  copyFileSync(file, join(folder, addon))
  copyFileSync(license, join(folder, 'LICENSE'))
  const text = `# ${packageOf(name)}\n\nThe addon of \`seafoam\` for ${name}. npm installs it along with \`seafoam\`; it is of no use alone.\n`
  writeFileSync(join(folder, 'README.md'), text)
  writeJson(join(folder, 'package.json'), {
    name: packageOf(name),
    ...common,
    description: `The addon of seafoam for ${name}`,
    os: [os],
    cpu: [cpu],
    ...(abi in LIBC && { libc: [LIBC[abi]] }),
    main: addon,
    files: [addon],
  })
}

/** The folder of the package in JavaScript. */
function stageMain(folder, platforms) {
  for (const name of source.files) cpSync(join(here, name), join(folder, name), { recursive: true })
  copyFileSync(license, join(folder, 'LICENSE'))
  // The marks in README.md are for the tools of the project.
  const readme = readFileSync(join(here, 'README.md'), 'utf8').replace(/^<!-- .* -->\n/gm, '')
  writeFileSync(join(folder, 'README.md'), readme)
  const { scripts, devDependencies, ...kept } = source
  const optionalDependencies = Object.fromEntries(platforms.map((name) => [packageOf(name), version]))
  writeJson(join(folder, 'package.json'), { ...kept, optionalDependencies })
}

function pack(folder, out) {
  const args = ['pack', folder, '--pack-destination', out, '--ignore-scripts', '--json', '--loglevel=error']
  const npm = spawnSync('npm', args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  if (npm.error) throw npm.error
  if (npm.status !== 0) process.exit(npm.status ?? 1)
  const [{ filename, size }] = [JSON.parse(npm.stdout)].flatMap((answer) => Object.values(answer))
  console.log(`packed ${join(out, filename)} (${Math.round(size / 1024)} KiB)`)
}

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '../dist' },
    glibc: { type: 'string' },
    addon: { type: 'string', multiple: true, default: [] },
  },
})
const out = resolve(values.out)
mkdirSync(out, { recursive: true })
const stage = mkdtempSync(join(tmpdir(), 'seafoam-pack-'))
try {
  const addons = new Map(values.addon.map((text) => text.split(/=(.*)/s)))
  if (addons.size === 0) {
    const target = join(stage, 'addon.node')
    build({ release: true, bench: false, target, glibc: values.glibc })
    addons.set(platform(), target)
  }
  for (const [name, file] of addons) {
    const folder = join(stage, name)
    stagePlatform(folder, name, file)
    pack(folder, out)
  }
  const main = join(stage, 'seafoam')
  mkdirSync(main)
  stageMain(main, [...addons.keys()])
  pack(main, out)
} finally {
  rmSync(stage, { recursive: true })
}
