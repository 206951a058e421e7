// The work of an agent in a soak; ../README.md has the contract.

import { setTimeout as sleep } from 'node:timers/promises'

import { Cluster } from '../../node/index.mjs'

const SLOW_CAPACITY = 64
const SLOW_MILLIS = 200
const READY_MILLIS = 5000
const RECEIPT_MILLIS = 3000
const ROTATE_MILLIS = 20_000
const ALONE = {
  clusterName: 'cycle',
  listenIp: '127.0.0.1',
  listenPort: 0,
  name: '',
  lighthouses: [],
  isLighthouse: false,
  stateDir: '',
}

// A cluster of its own beside the one that lives on: started, read, closed.
async function cycle() {
  const alone = await Cluster.start(ALONE)
  const events = alone.events({ initial: true })
  await alone.ready(1, { timeoutMillis: READY_MILLIS })
  for await (const _ of events) break
  await alone.close()
}

/** Opens a fast reader and a slow one where they are wanted; returns what carries commands out. */
export function work(cluster, say, now) {
  const counts = { heard: 0, got: 0, lagged: 0, taken: 0, missed: 0 }

  async function read(events) {
    for await (const event of events) {
      if (event.type === 'broadcast') counts.heard += 1
      else if (event.type === 'message') counts.got += 1
      else if (event.type === 'lagged') counts.lagged += event.missed
      else if (event.type === 'status' || event.type === 'node') {
        const { name, generation, status } = event.node
        say('status', { at: now(), node: name, generation, status })
      }
    }
  }

  async function dawdle(events) {
    for await (const event of events) {
      counts.taken += 1
      if (event.type === 'lagged') counts.missed += event.missed
      await sleep(SLOW_MILLIS, undefined, { ref: false })
    }
  }

  const commands = {
    broadcast: (count) => {
      for (let number = 0; number < Number(count); number++) cluster.broadcast('of the soak')
    },
    receipt: async () => {
      const options = { timeoutMillis: RECEIPT_MILLIS }
      const { confirmed, missing } = await cluster.broadcastWithReceipt('with a receipt', options)
      return `${confirmed.length} ${missing.length}`
    },
    send: (name) => cluster.send(name, 'hello'),
    tags: (round) => cluster.setTags({ round }),
    install: (key) => cluster.keyring().install(key),
    rotate: async (id) => {
      await cluster.keyring().rotate(id, { timeoutMillis: ROTATE_MILLIS })
    },
    use: (id) => cluster.keyring().use(id),
    retire: (id) => cluster.keyring().retire(id),
    cycle: async (count) => {
      for (let number = 0; number < Number(count); number++) await cycle()
    },
    state: () => {
      globalThis.gc?.() // what is left is what is held
      say('state', { at: now(), ...counts, stats: cluster.stats() })
    },
  }

  if (process.env.LAB_WORK) {
    read(cluster.events({ initial: true }))
    dawdle(cluster.events({ capacity: SLOW_CAPACITY }))
  }
  return async (command, argument) => {
    if (!Object.hasOwn(commands, command)) return false
    try {
      const text = (await commands[command](argument)) ?? ''
      say('did', { what: command, ok: true, text })
    } catch (error) {
      say('did', { what: command, ok: false, text: error.message })
    }
    return true
  }
}
