'use strict'

/**
 * What an addon is built for: operating system, processor, and the C library where there is a choice.
 *
 * @returns {string}
 */
function platform() {
  const base = `${process.platform}-${process.arch}`
  if (process.platform !== 'linux') return base
  // Only a process that runs on glibc reports its version. Interfaces would cost look-ups of names.
  const { report } = process
  const { excludeNetwork } = report
  report.excludeNetwork = true
  const glibc = report.getReport().header.glibcVersionRuntime
  report.excludeNetwork = excludeNetwork
  return `${base}-${glibc ? 'gnu' : 'musl'}`
}

module.exports = { platform }
