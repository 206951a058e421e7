// What the programs of these tests start with: a node that meets nobody by accident.

import { Cluster } from 'seafoam'

export const startNode = (more = {}) =>
  Cluster.start({
    clusterName: `program-${process.pid}`,
    listenPort: 0,
    multicastEnabled: false,
    logLevel: 'off',
    ...more,
  })
