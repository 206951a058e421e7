// The scenarios that every language plays (scenarios/README.md): the same events everywhere.

import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'

import { setLogLevel } from 'seafoam'

import { list, normalised, Run } from './scenario.mjs'

for (const name of Object.keys(process.env)) if (name.startsWith('SEAFOAM_')) delete process.env[name]
setLogLevel('off')

test('the list has the format that this reader knows', () => {
  assert.equal(list.format, 2)
  const names = [...list.scenarios, ...list.controls].map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})

// Most of a scenario is waiting, so they are played side by side.
describe('scenarios', { concurrency: 16 }, () => {
  for (const scenario of list.scenarios) it(scenario.name, () => new Run(scenario).all())
})

describe('stories that must fail, each at once', { concurrency: 16 }, () => {
  for (const scenario of list.controls) {
    it(scenario.name, async () => {
      await assert.rejects(new Run(scenario).all(), (error) => {
        assert.equal(error.name, 'AssertionError')
        assert.doesNotMatch(error.message, /did not come/)
        return true
      })
    })
  }
})

describe('normalisation', () => {
  for (const { what, lines, gives } of list.normalisation) {
    it(what, () => assert.deepEqual(normalised(lines), gives))
  }
})
