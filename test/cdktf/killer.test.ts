import { expect, test } from 'vitest'
import { LIFETIME_TAG } from '../../src/domain/jobs/boot.ts'
import { stateMachine } from '../world/cloud-world/http/states.ts'
import { one, stacks } from './stack.ts'

const SYSTEM = `
buckets: { raw: {} }
pipelines: { p: { steps: { train: { image: app, engine: ec2, gpu: 1, timeout: 2h, outputs: { model: raw/model/ } } } } }
`
const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 1, 12)

/** What the killer of a step ends, of machines with these ages and lifetimes of their own. */
async function ended(machines: readonly { readonly age: number; readonly lifetime?: number }[]) {
  const definition = String(one(await stacks(SYSTEM), 'aws_sfn_state_machine')['definition'])
  const calls: string[] = []
  await stateMachine(definition, NOW, async (call, input) => {
    if (call === 'terminateInstances') calls.push(...(input['InstanceIds'] as string[]))
    const instances = machines.map(({ age, lifetime }, index) => ({
      InstanceId: `i-${index}`,
      LaunchTime: new Date(NOW - age).toISOString(),
      Tags: [
        { Key: 'sluice:system', Value: 'films' },
        ...(lifetime === undefined ? [] : [{ Key: LIFETIME_TAG, Value: String(lifetime) }]),
      ],
    }))
    return { Reservations: instances.map((instance) => ({ Instances: [instance] })) }
  })
  return calls
}

test('R32 the killer ends machines past the time of their step, and no other', async () => {
  expect(await ended([{ age: HOUR }, { age: 2 * HOUR + 1 }, { age: 5 * HOUR }])).toEqual(['i-1', 'i-2'])
})

test('R32 a machine whose run has less time is ended then', async () => {
  expect(await ended([{ age: HOUR + 1, lifetime: HOUR }, { age: HOUR + 1 }])).toEqual(['i-0'])
})

test('R32 a tag gives no machine more time than its step has', async () => {
  expect(await ended([{ age: 3 * HOUR, lifetime: 100 * HOUR }])).toEqual(['i-0'])
})

test('R32 one machine or none is no list to JSONata, and makes no difference', async () => {
  expect(await ended([])).toEqual([])
  expect(await ended([{ age: 3 * HOUR }])).toEqual(['i-0'])
})
