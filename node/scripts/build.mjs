// Builds the addon and puts it beside the loader:
//
//   node scripts/build.mjs [--release] [--without-bench] [--to FILE]
//
// The `bench` door (events without a network) is in every build but those that are packed.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { build } from './addon.mjs'

const { platform } = createRequire(import.meta.url)('../lib/platform.js')
const { values } = parseArgs({
  options: {
    release: { type: 'boolean', default: false },
    'without-bench': { type: 'boolean', default: false },
    to: { type: 'string' },
  },
})
const beside = join(fileURLToPath(new URL('..', import.meta.url)), `seafoam.${platform()}.node`)
const target = values.to ?? beside
build({ release: values.release, bench: !values['without-bench'], target })
console.log(`built ${target}`)
