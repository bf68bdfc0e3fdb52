import fc from 'fast-check'
import { expect, test } from 'vitest'
import { budgetOf, budgetText } from '../../../src/domain/jobs/budget.ts'
import { batchRate } from '../../../src/domain/prices/batch.ts'
import {
  fargateRate,
  machineRate,
  type Rate,
  runRate,
  taskMachineRate,
  trainingRate,
  vertexRate,
} from '../../../src/domain/prices/rates.ts'

const HOUR = 3_600_000
const step = { name: 'train', timeout: 2 * HOUR, retries: 0 }

test.each([
  [{ ...step }, ['g5.xlarge'], { lifetime: 2 * HOUR, ceiling: 2.012 }],
  // The dearest of those that may come.
  [{ ...step }, ['g6.xlarge', 'g5.xlarge'], { lifetime: 2 * HOUR, ceiling: 2.012 }],
  [{ ...step, maxCost: 100 }, ['g5.xlarge'], { lifetime: 2 * HOUR, ceiling: 2.012 }],
  [{ ...step, maxCost: 1.006 }, ['g5.xlarge'], { lifetime: HOUR, ceiling: 1.006 }],
  // A run of the step is all of its attempts.
  [{ ...step, maxCost: 2.012, retries: 1 }, ['g5.xlarge'], { lifetime: HOUR, ceiling: 1.006 }],
  [{ ...step }, ['x9.huge'], { lifetime: 2 * HOUR, ceiling: undefined }],
])('R36 a step %j on %j may be and cost %j', (of, machines, budget) => {
  const found = budgetOf(of, machineRate('us-east-1', machines))
  expect(found.lifetime).toBe(budget.lifetime)
  if (budget.ceiling === undefined) expect(found.ceiling).toBeUndefined()
  else expect(found.ceiling).toBeCloseTo(budget.ceiling, 5)
})

test.each([
  [{ ...step, maxCost: 5 }, ['x9.huge'], 'the price of x9.huge in us-east-1 is not known'],
  [{ ...step, maxCost: 0.01 }, ['g5.xlarge'], 'buys'],
  [{ ...step, maxCost: 1, retries: 50 }, ['g5.xlarge'], 'over 51 attempts'],
])('R36 a ceiling that cannot be held is refused: %j on %j', (of, machines, said) => {
  expect(() => budgetOf(of, machineRate('us-east-1', machines))).toThrow(said)
})

test('R36 all attempts of a step together stay below its max-cost', () => {
  const cost = fc.double({ min: 0.5, max: 500, noNaN: true })
  fc.assert(
    fc.property(
      cost,
      fc.nat(3),
      fc.integer({ min: HOUR / 4, max: 100 * HOUR }),
      (maxCost, retries, timeout) => {
        const { ceiling, lifetime } = budgetOf(
          { name: 'train', timeout, retries, maxCost },
          machineRate('us-east-1', ['g6.xlarge']),
        )
        expect(lifetime).toBeLessThanOrEqual(timeout)
        expect((ceiling ?? Number.NaN) * (retries + 1)).toBeLessThanOrEqual(maxCost + 1e-9)
      },
    ),
  )
})

test('a budget in words rounds dollars up', () => {
  expect(budgetText({ lifetime: HOUR, ceiling: 1.001 }, 0)).toBe('at most 1h, 1.01 USD')
  expect(budgetText({ lifetime: HOUR, ceiling: undefined }, 0)).toContain('not known')
})

const SIZE = { cpu: 2, memory: 4 * 2 ** 30 }

test.each<[string, Rate, number | undefined]>([
  ['the dearer processor of Fargate', fargateRate('us-east-1', SIZE), 2 * 0.04048 + 4 * 0.004445],
  ['Fargate where no price is known', fargateRate('eu-west-1', SIZE), undefined],
  ['three machines at once', machineRate('us-east-1', ['g5.xlarge'], 3), 3 * 1.006],
  ['a family of machines', machineRate('us-east-1', ['g5']), undefined],
  ['a machine beyond its credits', machineRate('us-east-1', ['t3.large']), 0.1832],
  ['a name that every object has', machineRate('us-east-1', ['constructor']), undefined],
  ['no machine', machineRate('us-east-1', []), undefined],
  ['two machines of SageMaker', trainingRate('us-east-1', 'ml.g5.xlarge', 2), 2.816],
  ['a machine of EC2 on SageMaker', trainingRate('us-east-1', 'g5.xlarge', 1), undefined],
  ['Cloud Run', runRate('europe-west1', SIZE, 0), 2 * 0.0648 + 4 * 0.0072],
  ['a GPU of Cloud Run', runRate('us-central1', SIZE, 1), 2 * 0.0648 + 4 * 0.0072 + 0.67212],
  ['a GPU of Cloud Run where its price is not known', runRate('europe-west1', SIZE, 1), undefined],
  ['a step of Batch that names a machine', batchRate('us-east-1', { machine: 'm5.large', gpu: 0 }, 2), 0.192],
  ['GPUs of Batch: the dearest that it may take', batchRate('us-east-1', { gpu: 1 }, 3), 3 * 16.288],
  ['a family whose largest has no price', batchRate('us-east-1', { machine: 'g6', gpu: 1 }, 1), undefined],
  ['whatever Batch chooses', batchRate('us-east-1', { gpu: 0 }, 1), undefined],
  ['nodes of Vertex AI', vertexRate('us-central1', 'n1-standard-4', 3), 3 * 0.21849885],
  ['Vertex AI where no price is known', vertexRate('europe-west1', 'n1-standard-4', 1), undefined],
])('R36 an hour of %s', (_, { hourly }, expected) => {
  if (expected === undefined) expect(hourly).toBeUndefined()
  else expect(hourly).toBeCloseTo(expected, 8)
})

test('R36 a machine that ECS starts for a task is paid before and after it, and that is in the ceiling', () => {
  const rate = taskMachineRate('us-east-1', 'g5.xlarge')
  // 20 minutes until it has its image, 20 until ECS has taken the machine away: 2 h 40 min of 1.006 USD.
  expect(budgetOf(step, rate)).toMatchObject({ lifetime: 2 * HOUR })
  expect(budgetOf(step, rate).ceiling).toBeCloseTo((1.006 * 160) / 60, 5)
  const held = budgetOf({ ...step, maxCost: 1.006 }, rate)
  expect(held).toMatchObject({ lifetime: HOUR / 3 })
  expect(held.ceiling).toBeCloseTo(1.006, 5)
  expect(() => budgetOf({ ...step, maxCost: 0.5 }, rate)).toThrow('beside the 40m that it is there')
})
