import { expect, test } from 'vitest'
import { type Digest, digestOf } from '../../../src/domain/digest.ts'
import { decideAll, decideStep } from '../../../src/domain/pipeline/decide.ts'
import { fingerprintOf, stepParts } from '../../../src/domain/pipeline/fingerprint.ts'
import { aStep, circumstances, recordOf } from './builders.ts'

const here = { model: digestOf('model') }
const ran = recordOf(stepParts(circumstances()), here)

test('a step whose parts and outputs are what they were is skipped', () => {
  expect(decideStep({ parts: stepParts(circumstances()), record: ran, outputs: here })).toEqual({
    kind: 'skip',
    reason: 'nothing changed',
  })
})

test('a step without a record never ran', () => {
  expect(decideStep({ parts: {}, record: undefined, outputs: {} })).toEqual({
    kind: 'run',
    reason: 'never ran',
  })
})

test.each([
  ['input films changed', circumstances({ inputs: { films: digestOf('other films') } })],
  [
    'image changed',
    circumstances({
      image: `local/filmlens/trainer@${digestOf('other image')}` as `${string}@sha256:${string}`,
    }),
  ],
  [
    'parameter features changed from words to title',
    circumstances({ parameters: { features: 'title', epochs: '5' } }),
  ],
  ['parameter epochs is gone', circumstances({ parameters: { features: 'words' } })],
  ['command changed', circumstances({ step: aStep({ command: ['node', 'other.ts'] }) })],
  ['env changed', circumstances({ step: aStep({ env: { LOUD: '1' } }) })],
  ['seed changed from 1 to 2', circumstances({ seed: 2 })],
  ['champion changed', circumstances({ champion: digestOf('new champion') })],
  ['input more is new', circumstances({ inputs: { films: digestOf('films'), more: digestOf('more') } })],
])('%s: the step runs and says so', (reason, now) => {
  expect(decideStep({ parts: stepParts(now), record: ran, outputs: here })).toEqual({ kind: 'run', reason })
})

test('an output that is missing or was overwritten makes the step run', () => {
  const parts = stepParts(circumstances())
  const outputs = (model: Digest | undefined) => decideStep({ parts, record: ran, outputs: { model } })
  expect(outputs(undefined)).toEqual({ kind: 'run', reason: 'output model is missing' })
  expect(outputs(digestOf('foreign'))).toEqual({
    kind: 'run',
    reason: 'output model was changed by something else',
  })
})

test('a parameter that the step does not list is no part of it', () => {
  const parts = (features: string) =>
    stepParts(
      circumstances({ step: aStep({ parameters: ['epochs'] }), parameters: { features, epochs: '5' } }),
    )
  expect(parts('title')).toEqual(parts('words'))
  expect(Object.keys(parts('words')).filter((key) => key.startsWith('parameter'))).toEqual([
    'parameter epochs',
  ])
})

test('the fingerprint does not depend on the order in which parts were written', () => {
  expect(fingerprintOf({ a: '1', b: '2' })).toBe(fingerprintOf({ b: '2', a: '1' }))
  expect(fingerprintOf({ a: '1', b: '2' })).not.toBe(fingerprintOf({ a: '1', b: '3' }))
})

test('what stands below a step that runs waits for what it writes', async () => {
  const steps = { extract: { needs: [] }, audit: { needs: [] }, train: { needs: ['extract', 'audit'] } }
  const decisions = await decideAll(steps, new Map(), async (name) =>
    name === 'extract' ? { kind: 'run', reason: 'never ran' } : { kind: 'skip', reason: 'nothing changed' },
  )
  expect(decisions).toEqual({
    extract: { kind: 'run', reason: 'never ran' },
    audit: { kind: 'skip', reason: 'nothing changed' },
    train: { kind: 'after', steps: ['extract'], reason: 'depends on what extract writes' },
  })
})

test('a forced step runs without being looked at', async () => {
  const decisions = await decideAll(
    { extract: { needs: [] } },
    new Map([['extract', 'asked for']]),
    async () => {
      throw new Error('looked at')
    },
  )
  expect(decisions).toEqual({ extract: { kind: 'run', reason: 'asked for' } })
})
