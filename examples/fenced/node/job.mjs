// A job that runs in one process of many, and whose late writes a database refuses. Configuration:
// SEAFOAM_* for the cluster, PG* for the database, JOB for the row. ../README.md says what it prints,
// and what PAUSE_BEFORE is for.

import { setTimeout as pause } from 'node:timers/promises'

import pg from 'pg'

import { Cluster } from '../../../node/index.mjs'

const { JOB, PAUSE_BEFORE } = process.env
const say = (event, term) => process.stdout.write(`${JSON.stringify({ event, term })}\n`)

/** Writes for as long as this process leads. */
async function lead({ term, signal }, database) {
  say('leads', term)
  for (let writes = 1; !signal.aborted; writes += 1) {
    // What a full disk, a debugger or a busy host may do at any moment, this one too.
    if (writes === Number(PAUSE_BEFORE)) process.kill(process.pid, 'SIGSTOP')
    const { rowCount } = await database.query(
      'UPDATE job SET fence = $1, runs = runs + 1 WHERE name = $2 AND fence <= $1',
      [term, JOB],
    )
    say(rowCount === 1 ? 'wrote' : 'refused', term)
    if (rowCount === 0) break // another leads: its term was there first
    await pause(50, null, { signal }).catch(() => {}) // the work of one turn stands here
  }
  say('ends', term)
}

const database = new pg.Client()
await database.connect()
const cluster = await Cluster.start()
// snippet
for await (const tenure of cluster.leadership()) {
  await lead(tenure, database) // until tenure.signal is aborted
}
// end
