// Building the addon with cargo.

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

const ARCHITECTURES = { x64: 'x86_64', arm64: 'aarch64' }

/** The words that build for a C library as old as this one: `cargo zigbuild` links for it. */
function forGlibc(version) {
  const architecture = ARCHITECTURES[process.arch]
  if (process.platform !== 'linux' || !architecture) throw new Error(`--glibc is not for ${process.arch}`)
  // A folder of its own: another linker would otherwise have everything built again each time.
  const folder = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'wheels')
  return ['zigbuild', '--target', `${architecture}-unknown-linux-gnu.${version}`, '--target-dir', folder]
}

/** Builds the addon for this platform, perhaps for an older C library, and puts it at `target`. */
export function build({ release, bench, target, glibc }) {
  const how = glibc === undefined ? ['build'] : forGlibc(glibc)
  const args = [...how, '--locked', '--package', 'seafoam-node', '--message-format=json-render-diagnostics']
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
