// Builds the addon and puts it beside the loader: `node scripts/build.mjs [--release] [--without-bench]`.
// The `bench` door (events without a network) is in every build but the one that is packed.

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { platform } = createRequire(import.meta.url)('../lib/platform.js')
const release = process.argv.includes('--release')
const bench = process.argv.includes('--without-bench') ? [] : ['--features', 'bench']

const args = ['build', '--package', 'seafoam-node', '--message-format=json-render-diagnostics', ...bench]
if (release) args.push('--release')
const cargo = spawnSync('cargo', args, {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  maxBuffer: 64 << 20,
})
if (cargo.error) throw cargo.error
if (cargo.status !== 0) process.exit(cargo.status ?? 1)

const library = cargo.stdout
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line))
  .filter((message) => message.reason === 'compiler-artifact' && message.target.name === 'seafoam_node')
  .flatMap((message) => message.filenames)
  .find((name) => /\.(so|dylib|dll)$/.test(name))
if (!library) throw new Error('cargo built no library for seafoam-node')

// A rename, not a copy in place: a running process may have the old file mapped.
const target = join(root, 'node', `seafoam.${platform()}.node`)
copyFileSync(library, `${target}.new`)
renameSync(`${target}.new`, target)
console.log(`built ${target}`)
