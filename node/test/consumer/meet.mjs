// Two nodes meet in a project that has the package installed; the same program as meet.cjs.

import { createRequire } from 'node:module'

import seafoam, { Cluster, SeafoamError } from 'seafoam'

const { default: meet } = await import('./meeting.cjs')
await meet(Cluster)
const required = createRequire(import.meta.url)('seafoam')
console.log(required.SeafoamError === SeafoamError && required === seafoam ? 'one package' : 'two copies')
