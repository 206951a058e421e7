'use strict'

const { closeSync, openSync, readSync } = require('node:fs')

/** The dynamic linker's name stands near the start of an executable. */
const HEAD_BYTES = 4096

/**
 * What an addon is built for: operating system, processor, and the C library where there is a choice.
 *
 * @returns {string}
 */
function platform() {
  const base = `${process.platform}-${process.arch}`
  return process.platform === 'linux' ? `${base}-${byLinker() ?? byReport()}` : base
}

/** By which dynamic linker this process was started; null where that does not tell. */
function byLinker() {
  const head = Buffer.alloc(HEAD_BYTES)
  try {
    const file = openSync(process.execPath)
    readSync(file, head)
    closeSync(file)
  } catch {
    return null
  }
  if (head.includes('/ld-musl-')) return 'musl'
  return head.includes('/ld-linux') ? 'gnu' : null
}

/** Only a process that runs on glibc reports its version. A report takes long: it is the last resort. */
function byReport() {
  const { report } = process
  const { excludeNetwork } = report
  report.excludeNetwork = true // interfaces would cost look-ups of names
  const { glibcVersionRuntime } = report.getReport().header
  report.excludeNetwork = excludeNetwork
  return glibcVersionRuntime ? 'gnu' : 'musl'
}

module.exports = { platform, byLinker, byReport }
