// A cluster and its callbacks alone do not keep the process alive.

import { startNode } from './start.mjs'

const cluster = await startNode()
cluster.on('status', () => {})
cluster.events() // a subscription that nobody reads
process.on('exit', () => console.log('nothing kept it'))
