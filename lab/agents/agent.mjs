// A node that says when it leads; ../README.md has the contract of all agents.

import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'

import { Cluster } from '../../node/index.mjs'
import { work } from './work.mjs'

const SAMPLE_MILLIS = 5
const GAP_NANOS = 1_000_000_000n // a sample later than this: the process was held up
const REPORT_NANOS = 20_000_000n

const now = () => process.hrtime.bigint() // CLOCK_MONOTONIC
// Nanoseconds stay within the numbers that JSON can carry exactly for a hundred days of uptime.
const say = (event, fields) => {
  const plain = (_, value) => (typeof value === 'bigint' ? Number(value) : value)
  process.stdout.write(`${JSON.stringify({ event, ...fields }, plain)}\n`)
}

const cluster = await Cluster.start()
const { name, generation } = cluster.localNode()
say('started', { at: now(), node: name, generation })

const register = process.env.LAB_REGISTER ? createConnection(process.env.LAB_REGISTER) : null
register?.unref()
const write = (how, term) => register?.write(`${how} ${name} ${term}\n`)

let open = null // the interval in which this node leads
let [told, looked, last] = [0n, 0n, now()]
let valid
let leader = ''

function ask() {
  const before = now()
  const term = (cluster.isLeader() && cluster.lease()?.term) || 0
  return { before, term, after: now() }
}

// A tenure begins after the first call that said yes, and ends before the last.
function sample() {
  let asked = ask()
  if (asked.after - last > GAP_NANOS) {
    if (asked.after - asked.before > GAP_NANOS) asked = ask() // stopped between two of the calls
    say('woke', { at: asked.after, gap: asked.after - last, leads: asked.term !== 0 })
    if (open) write('late', open.term) // what a thread does that was held up between question and effect
  }
  const { before, term, after } = asked
  last = after
  if (open && open.term !== term) {
    say('lead', { ...open, ended: true })
    open = null
  }
  if (term !== 0) {
    open ??= { term, from: after, to: after }
    if (before > open.to) open.to = before
    if (after - told > REPORT_NANOS) {
      say('lead', { ...open, ended: false })
      told = after
      write('write', term)
    }
  }
  look(after)
}

function look(at) {
  if (cluster.isValid() !== valid) {
    valid = cluster.isValid()
    say('valid', { at, valid })
  }
  if (at - looked <= REPORT_NANOS) return
  looked = at
  const heard = cluster.leader()?.name ?? null
  if (heard === leader) return
  leader = heard
  say('leader', { at, leader })
}

const works = work(cluster, say, now)
const timer = setInterval(sample, SAMPLE_MILLIS)
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break
  const [command, heir] = line.split(' ')
  if (await works(command, heir)) continue
  const at = now()
  await (command === 'transfer' ? cluster.transferLeadership(heir) : cluster.resign()).then(
    () => say('resigned', { at }),
    (error) => say('error', { text: error.message }),
  )
}
clearInterval(timer)
await cluster[Symbol.asyncDispose]()
register?.destroy()
process.stdin.destroy() // an open pipe would keep the process alive after `quit`
