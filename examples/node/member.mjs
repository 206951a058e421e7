// One member of the mixed-language demo. Configuration: SEAFOAM_* of the environment, and
//
//   node examples/node/member.mjs [--name X] [--port N] [--join host:port]
//
// Lines on standard input tell it what to do, and each event becomes one line of JSON on standard
// output. ../README.md has the contract, which the programs of this name in the other languages
// keep as well.

import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { Cluster } from '../../node/index.mjs'

const { values } = parseArgs({
  options: { name: { type: 'string' }, port: { type: 'string' }, join: { type: 'string', multiple: true } },
})
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const cluster = await Cluster.start({ name: values.name, listenPort: values.port, initialHosts: values.join })
const events = cluster.events({ kinds: ['status', 'broadcast'], initial: true })
const { name, address, generation } = cluster.localNode()
print({ event: 'started', node: name, address, generation })

async function tell() {
  for await (const event of events) {
    if (event.type === 'status') {
      const { node, status, previous } = event
      print({ event: 'status', node: node.name, status, previous, generation: node.generation })
    } else if (event.type === 'broadcast') {
      print({ event: 'broadcast', origin: event.origin.name, text: event.bytes.toString() })
    }
  }
}

async function obey() {
  for await (const line of createInterface({ input: process.stdin })) {
    const [, command, text] = /^(\w+)(?: (.*))?$/.exec(line) ?? []
    try {
      if (command === 'broadcast') cluster.broadcast(text ?? '')
      else if (command === 'leave') {
        await cluster.leave()
        print({ event: 'left' })
      } else if (command === 'quit') break
      else throw new Error(`no such command: ${line}`)
    } catch (error) {
      console.error(error.message)
    }
  }
}

const told = tell()
await obey()
await cluster[Symbol.asyncDispose]()
await told
process.stdin.destroy() // an open pipe would keep the process alive after `quit`
