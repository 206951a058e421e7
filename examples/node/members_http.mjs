// A web service that knows its peers: GET /members tells who is there, POST /say broadcasts the body,
// and GET /events streams what happens, one JSON object a line. Ends cleanly at SIGTERM and SIGINT: the
// peers see that it left, requests that run are answered, streams end.
//
//   PORT=8080 SEAFOAM_INITIAL_HOSTS=10.0.0.1:9999 node examples/node/members_http.mjs

import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

import { Cluster, SeafoamError } from '../../node/index.mjs'

const cluster = await Cluster.start() // configured by SEAFOAM_...
const ending = new AbortController()

const answer = (response, status, body) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)

/** What somebody who reads the service wants to know of a member. */
const member = ({ name, address, status, pingMillis, ageMillis }) => ({ name, address, status, pingMillis, ageMillis })

const routes = {
  'GET /members': (_, response) => answer(response, 200, cluster.allNodes().map(member)),

  'POST /say': async (request, response) => {
    const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
    if (length > 1024) {
      response.setHeader('connection', 'close') // nobody reads the rest
      return answer(response, 413, { error: 'a broadcast has 1024 bytes at most' })
    }
    answer(response, 202, { label: cluster.broadcast(await buffer(request)) })
  },

  'GET /events': async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    await pipeline(lines, response) // a reader that goes away ends its subscription
  },
}

async function* lines() {
  const events = cluster.events({ kinds: ['status', 'broadcast'], initial: true, signal: ending.signal })
  try {
    for await (const event of events) {
      if (event.type === 'status') yield `${JSON.stringify({ name: event.node.name, status: event.status })}\n`
      if (event.type === 'broadcast') yield `${JSON.stringify({ from: event.origin.name, says: `${event.bytes}` })}\n`
    }
  } catch (error) {
    if (error !== ending.signal.reason) throw error // the service ends: so does the stream
  }
}

const server = createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`]
  try {
    if (route) await route(request, response)
    else answer(response, 404, { error: `there is no ${request.method} ${request.url}` })
  } catch (error) {
    if (response.headersSent) response.destroy()
    else answer(response, error instanceof SeafoamError ? 400 : 500, { error: error.message, code: error.code })
  }
})

async function end() {
  server.close()
  await cluster.leave().catch((error) => console.error(error.message)) // the others see LEFT, not a crash
  ending.abort()
  await cluster.close()
  setTimeout(() => server.closeAllConnections(), 500).unref() // what clients keep open for later
}

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1')
await once(server, 'listening')
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, end)
console.log(`${cluster.localNode().address} answers at http://127.0.0.1:${server.address().port}`)
