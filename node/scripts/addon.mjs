// Building the addon with cargo.

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Builds the addon for this platform and puts it at `target`. */
export function build({ release, bench, target }) {
  const args = ['build', '--locked', '--package', 'seafoam-node', '--message-format=json-render-diagnostics']
  if (bench) args.push('--features', 'bench')
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
  copyFileSync(library, `${target}.new`)
  renameSync(`${target}.new`, target)
}
