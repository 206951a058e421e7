// The log and who takes its lines.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LogLevel, log, logLevel, setLogger, setLogLevel } from 'seafoam'

import { turns, within } from './helpers.mjs'

/** A logger that keeps its lines, and a promise of the line with a text. */
function keeper(t) {
  const lines = []
  const waiting = new Map()
  setLogger((level, text) => {
    lines.push([level, text])
    waiting.get(text)?.()
  })
  t.after(() => setLogger(null))
  const line = (text) =>
    within(5000, `the line ${text}`, new Promise((resolve) => waiting.set(text, resolve)))
  return { lines, line }
}

test('a logger gets the lines that pass the threshold, in order, with their levels', async (t) => {
  const { lines, line } = keeper(t)
  setLogLevel('warn')
  assert.equal(logLevel(), 'warn')
  log('info', 'too low')
  log('warn', 'first')
  log(LogLevel.FATAL, 'second')
  await line('second')
  assert.deepEqual(lines, [
    ['warn', 'first'],
    ['fatal', 'second'],
  ])
  setLogLevel(LogLevel.INFO)
  assert.equal(logLevel(), 'info')
})

test('a logger that throws loses its line and stays', async (t) => {
  const seen = []
  let done
  const last = new Promise((resolve) => {
    done = resolve
  })
  setLogger((_, text) => {
    seen.push(text)
    if (text === 'last') done()
    throw new Error('from a logger')
  })
  t.after(() => setLogger(null))
  setLogLevel('info')
  log('info', 'first')
  log('info', 'last')
  await within(5000, 'the last line', last)
  assert.deepEqual(seen, ['first', 'last'])
})

test('a logger that logs does not keep the loop from turning', async (t) => {
  let lines = 0
  let again = true
  setLogger(() => {
    lines += 1
    if (again) log('info', 'again')
  })
  t.after(() => setLogger(null))
  setLogLevel('info')
  log('info', 'begin')
  await within(5000, 'ten turns', turns(10))
  assert.ok(lines >= 10, `${lines} lines`)
  again = false
  setLogger(null)
  const after = lines
  await turns(3)
  assert.equal(lines, after)
})

test('lines of before a change are for the old logger', (t) => {
  const { lines } = keeper(t)
  setLogLevel('info')
  log('info', 'old')
  setLogger(() => assert.fail('nothing was logged after the change'))
  setLogger(null)
  assert.deepEqual(lines, [['info', 'old']])
})
