// One implementation for both module systems: there is one `SeafoamError` to compare with.

import seafoam from './index.js'

export const {
  Cluster,
  SeafoamError,
  generateKey,
  localIp,
  nowMillis,
  log,
  logLevel,
  setLogLevel,
  setLogger,
  version,
  PING_NO_DATA,
  PING_TIMED_OUT,
  DATACENTER_NONE,
  NodeStatus,
  NodeRank,
  EventKind,
  ErrorCode,
  LogLevel,
  ValidityState,
  ValidityBasis,
  TermQuality,
  LinkDirection,
  Profile,
  LeaderScope,
  Hint,
} = seafoam

export default seafoam
