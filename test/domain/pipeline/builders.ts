import { type Digest, digestOf, imageReference } from '../../../src/domain/digest.ts'
import {
  fingerprintOf,
  type StepCircumstances,
  type StepParts,
} from '../../../src/domain/pipeline/fingerprint.ts'
import type { StepRecord } from '../../../src/domain/pipeline/record.ts'
import type { Step } from '../../../src/domain/system/step.ts'

export const TRAINER = imageReference('local/filmlens/trainer', digestOf('trainer'))

export function aStep(change: Partial<Step> = {}): Step {
  return {
    name: 'train',
    image: 'trainer',
    command: ['node', 'train.ts'],
    needs: [],
    inputs: {},
    outputs: {},
    env: {},
    secrets: {},
    connects: [],
    size: { cpu: 1, memory: 2 ** 30 },
    gpu: 0,
    nodes: 1,
    spot: false,
    timeout: 60_000,
    retries: 0,
    ...change,
  }
}

export function circumstances(change: Partial<StepCircumstances> = {}): StepCircumstances {
  return {
    step: aStep(),
    image: TRAINER,
    parameters: { features: 'words', epochs: '5' },
    seed: 1,
    inputs: { films: digestOf('films') },
    outputs: { model: 's3://models/sensitive/model.json' },
    champion: null,
    ...change,
  }
}

export function recordOf(parts: StepParts, outputs: Record<string, Digest>): StepRecord {
  return {
    schema: 'sluice.step/v1',
    pipeline: 'sensitive',
    step: 'train',
    fingerprint: fingerprintOf(parts),
    parts: { ...parts },
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, digest]) => [name, { uri: `s3://models/${name}`, digest }]),
    ),
    run: 'r-1',
    seed: 1,
    image: TRAINER,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 10,
    attempts: 1,
  }
}
