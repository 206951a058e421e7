// The same types for CommonJS.

import seafoam = require('seafoam')

async function main(): Promise<void> {
  const cluster: seafoam.Cluster = await seafoam.Cluster.start({ listenPort: 0 })
  const { name }: seafoam.Node = cluster.localNode()
  seafoam.log('info', name)
  await cluster.close()
}

void main()
