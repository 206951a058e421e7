// Whoever waits keeps the process alive: an unreferenced timer fires only because of that.

import { startNode } from './start.mjs'

const cluster = await startNode()
const what = process.argv[2]
const later = (action) => setTimeout(action, 300).unref()

if (what === 'event') {
  const stream = cluster.events()
  later(() => cluster.broadcast('to nobody') && cluster.close())
  const { value } = await stream.next()
  console.log(`read ${value.type}`)
} else if (what === 'ready') {
  let fired = false
  later(() => {
    fired = true
  })
  await cluster
    .ready({ minMembers: 2, timeoutMillis: 600 })
    .catch((error) => console.log(`${error.code} ${fired}`))
} else if (what === 'leave') {
  await cluster.leave()
  console.log('left')
} else {
  throw new Error(`what is ${what}?`)
}
