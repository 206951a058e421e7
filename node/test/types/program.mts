// A program as users write it; it is only type-checked.

import {
  type BroadcastEvent,
  Cluster,
  type ClusterEvent,
  type Config,
  EventKind,
  type EventOf,
  type LaggedEvent,
  localIp,
  log,
  type Node,
  NodeStatus,
  type NodeStatusWord,
  SeafoamError,
  setLogger,
  version,
} from 'seafoam'

const config: Config = {
  listenPort: 0,
  initialHosts: ['10.0.0.1:9999'],
  tags: { role: 'cache' },
  multicastEnabled: false,
  heartbeatMillis: '250',
  name: null,
}

function describe(event: ClusterEvent): string {
  switch (event.type) {
    case 'status':
      return `${event.node.address} ${event.previous} ${event.status satisfies 'alive' | 'unknown' | string}`
    case 'broadcast':
    case 'message':
      return event.bytes.toString('utf8')
    case 'leader':
      return event.leader?.name ?? 'none'
    case 'validity':
      return event.missing.join()
    case 'closed':
      return event.error ?? 'asked for'
    case 'lagged':
      return String(event.missed)
    case 'node':
    case 'conflict':
    case 'link':
      return event.node.name
    case 'merged':
      return event.members.toFixed()
    case 'datacenter':
      return event.lost ? 'lost' : 'back'
    default:
      return event satisfies never
  }
}

/** Every type must be handled: one that is forgotten does not compile. */
function incomplete(event: ClusterEvent): string {
  switch (event.type) {
    case 'status':
      return event.node.name
    default:
      // @ts-expect-error: eleven types are left
      return event satisfies never
  }
}

/** The type decides which fields there are. */
function fields(event: ClusterEvent): unknown {
  // @ts-expect-error: not before the type is known
  event.bytes
  // @ts-expect-error: no such type
  if (event.type === 'nonsense') return null
  // @ts-expect-error: not on a status
  if (event.type === 'status') return event.bytes
  if ('missed' in event) event satisfies LaggedEvent
  const { type, ...rest }: EventOf<'closed'> = { type: 'closed', error: null }
  return [type, rest satisfies { error: string | null }]
}

/** Words are unions, too. */
function color(status: NodeStatusWord): string {
  switch (status) {
    case 'alive':
      return 'green'
    case 'suspected':
      return 'yellow'
    case 'dead':
    case 'left':
    case 'unknown':
      return 'grey'
    default:
      return status satisfies never
  }
}

await using cluster = await Cluster.start(config, { signal: AbortSignal.timeout(1000) })
await cluster.ready({ minMembers: 3, timeoutMillis: 1000 })
await cluster.ready(3, { timeoutMillis: 1000 })

const controller = new AbortController()
for await (const event of cluster.events({ signal: controller.signal, initial: true })) {
  console.log(describe(event))
}
for await (const event of cluster.events({ kinds: ['broadcast'], capacity: 16 })) {
  if (event.type === 'broadcast') event satisfies BroadcastEvent
  // @ts-expect-error: a status event was not asked for
  if (event.type === 'status') break
}

cluster
  .on('broadcast', ({ origin, bytes }) => console.log(origin.name, bytes.length))
  .once('closed', () => {})
using handle = cluster.onStatus((node, status, event) =>
  console.log(node.name, color(status), event.previous),
)
handle.remove()
cluster.onEvent((event) => describe(event), { kinds: ['status'] })
cluster.onEvent((event) => {
  incomplete(event)
  fields(event)
})
// @ts-expect-error: a broadcast has no status
cluster.on('broadcast', (event) => event.status)
// @ts-expect-error: no such type
cluster.on('nonsense', () => {})

const all: Node[] = cluster.allNodes()
const found: Node | null = cluster.node(all[0] ?? 'name')
const { signal } = controller
const millis: number = await cluster.pingNode(found ?? '10.0.0.1:9999', { signal })
await cluster.ready({ signal })
await cluster.resign({ signal })
const port: number | null = cluster.get('listenPort')
const label: string = cluster.broadcast(Buffer.from([millis, port ?? 0]))
cluster.setHeartbeatMillis(250)
cluster.set('leaderEligible', false)
cluster.updateNodeStatus('a', 'dead', { datacenter: 1 })
setLogger((level, text) => console.error(level, text))
log('info', `${version} ${label} ${localIp()} ${NodeStatus.ALIVE satisfies 1} ${EventKind.CLOSED}`)

try {
  await cluster.leave({ timeoutMillis: 100 })
} catch (error) {
  if (error instanceof SeafoamError && error.code === 'timeout') console.log(error.message)
  // @ts-expect-error: no such code
  if (error instanceof SeafoamError && error.code === 'nonsense') throw error
}

// @ts-expect-error: a key that there is not
await Cluster.start({ listenPrt: 0 })
// @ts-expect-error: fixed when the cluster starts
cluster.set('listenPort', 1)
// @ts-expect-error: made by Cluster.start
new Cluster()
// @ts-expect-error: snapshots do not change
cluster.localNode().name = 'other'
