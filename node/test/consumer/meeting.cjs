'use strict'

// What two nodes do in both programs: they meet, one says something, the other hears it.

module.exports = async function meet(Cluster) {
  const settings = {
    clusterName: `consumer-${process.pid}`,
    listenPort: 0,
    multicastEnabled: false,
    logLevel: 'off',
  }
  const ada = await Cluster.start({ ...settings, name: 'ada' })
  const grace = await Cluster.start({ ...settings, name: 'grace', initialHosts: [ada.localNode().address] })
  const signal = AbortSignal.timeout(10_000)
  const events = grace.events({ kinds: ['broadcast'], signal })
  await Promise.all([ada, grace].map((cluster) => cluster.ready(2, { signal })))
  ada.broadcast('hello')
  for await (const event of events) {
    if (event.type !== 'broadcast') continue
    console.log(`${event.origin.name} says ${event.bytes}`)
    break
  }
  await ada.leave()
  await Promise.all([ada.close(), grace.close()])
}
