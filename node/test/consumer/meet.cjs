// Two nodes meet in a project that has the package installed; the same program as meet.mjs.

const { Cluster } = require('seafoam')
const meet = require('./meeting.cjs')

meet(Cluster)
