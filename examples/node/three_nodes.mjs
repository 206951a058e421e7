// Three nodes in one process: they meet, one broadcasts, one leaves. Exits with 0 only if every
// step was seen by everybody who should see it, in time.
//
//   node examples/node/three_nodes.mjs        (after `npm --prefix node run build`)

import { Cluster } from '../../node/index.mjs'

const DEADLINE_MILLIS = 20_000
const NAMES = ['ada', 'grace', 'edsger']

/** Prints what a node sees until `condition` holds for an event; fails after the deadline. */
async function sees(cluster, stream, what, condition) {
  const { name } = cluster.localNode()
  for await (const event of stream) {
    if (event.type === 'status') console.log(`${name}: ${event.node.name} is ${event.status}`)
    if (event.type === 'broadcast') console.log(`${name}: ${event.origin.name} says "${event.bytes}"`)
    if (condition(event)) return
  }
  throw new Error(`${name} did not see ${what}`)
}

/** What a node sees from now on, for as long as the deadline leaves. */
const watch = (cluster) => cluster.events({ signal: AbortSignal.timeout(DEADLINE_MILLIS) })

const clusterName = `three-nodes-${process.pid}`
const clusters = []
for (const name of NAMES) {
  // Any port will do; whoever comes later joins by the address of the first one.
  const initialHosts = clusters.slice(0, 1).map((cluster) => cluster.localNode().address)
  clusters.push(await Cluster.start({ clusterName, name, listenPort: 0, initialHosts, multicastEnabled: false }))
}
const [ada, grace, edsger] = clusters

await Promise.all(clusters.map((cluster) => cluster.ready({ minMembers: 3, timeoutMillis: DEADLINE_MILLIS })))
console.log(`met: ${ada.healthyNodes().map((node) => `${node.name} at ${node.address}`).join(', ')}`)

const heard = [grace, edsger].map((cluster) =>
  sees(cluster, watch(cluster), 'the broadcast', (event) => event.type === 'broadcast' && String(event.bytes) === 'hello'),
)
console.log(`ada broadcasts ${ada.broadcast('hello')}`)
await Promise.all(heard)

const left = [ada, grace].map((cluster) =>
  sees(cluster, watch(cluster), 'that edsger left', (event) => event.type === 'status' && event.node.name === 'edsger' && event.status === 'left'),
)
await edsger.leave()
await Promise.all(left)

await Promise.all(clusters.map((cluster) => cluster[Symbol.asyncDispose]()))
console.log('all was seen')
