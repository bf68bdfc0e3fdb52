import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pinWorkers } from '../../../src/commands/rollout/workers.ts'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import { targetsSchema } from '../../../src/domain/targets.ts'
import { restartScript } from '../../../src/providers/aws/worker-restart.ts'
import { openWorkers } from '../../../src/providers/aws/workers.ts'
import { type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'
import type { Clock } from '../../../src/runtime/runtime.ts'
import { shop } from '../../world/cloud.ts'
import { openSsm, type SsmDoor } from '../../world/cloud-world/http/ssm.ts'
import { CloudWorld } from '../../world/cloud-world/world.ts'
import { testSession } from './session.ts'

const NAME = '/sluice/shop/test/workers/detector/image'
const TAGS = { 'sluice:system': 'shop', 'sluice:environment': 'test', 'sluice:worker': 'detector' }
const V1 = imageReference('123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-test/detector', digestOf('v1'))

let cloud: CloudWorld
let door: SsmDoor
let workers: ReturnType<typeof openWorkers>
/** Requests are real, so time passes with them; pauses between two looks do not. */
const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms > 15_000 ? ms : 1, undefined, signal === undefined ? {} : { signal }),
}
const runtime = { ...fakeRuntime(), clock: clock as FakeRuntime['clock'] }

const targets = (image?: string) =>
  targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'shop',
    environment: 'test',
    workers: {
      detector: {
        kind: 'ec2-worker',
        region: 'eu-west-1',
        launchTemplate: 'lt-1',
        instances: TAGS,
        ...(image === undefined ? {} : { image }),
      },
    },
    ledger: 's3://shop-test-ledger-123456789012/ledger',
  })

beforeEach(async () => {
  cloud = new CloudWorld({ account: '123456789012' })
  // What apply leaves: a tag that no image has.
  cloud.store.put({
    provider: 'aws',
    type: 'aws_ssm_parameter',
    key: NAME,
    attributes: { name: NAME, insecure_value: 'repository/detector:template' },
  })
  door = await openSsm(cloud)
  workers = open()
})
afterEach(async () => {
  workers.close()
  await door[Symbol.asyncDispose]()
})
const open = (image: string | undefined = NAME) => {
  const session = testSession({ endpoint: door.url })
  return openWorkers({ session, runtime, targets: async () => targets(image) })
}

const machine = (id: string, states: readonly string[], output = 'sluice: restarted\n', tags = TAGS) =>
  door.machines.set(id, { tags, answer: { states, output } })

describe('the image of a worker on AWS', () => {
  test('R22 a rollout writes it into the parameter that the stack made, once, and the next plan leaves it there', async () => {
    const system = shop({ workers: { detector: { name: 'detector', image: 'detector' } } as never })
    const built = { detector: { reference: V1 } } as never
    expect(await workers.read('detector')).toBeUndefined()
    await pinWorkers({ system, runtime, provider: { workers } as never }, built)
    await pinWorkers({ system, runtime, provider: { workers } as never }, built)
    expect(await workers.read('detector')).toBe(V1)
    expect(door.requests.filter(({ name }) => name === 'PutParameter')).toHaveLength(1)
    expect(cloud.store.list('aws_ssm_parameter')).toHaveLength(1)
  })

  test('R24 who may not write it is told which permission is missing', async () => {
    door.faults = () => ({ kind: 'answer', status: 400, code: 'AccessDeniedException' })
    await expect(workers.write('detector', V1)).rejects.toMatchObject({
      outcome: 'cannot-observe',
      remedy: expect.stringContaining(
        `ssm:PutParameter on arn:aws:ssm:eu-west-1:123456789012:parameter${NAME}`,
      ),
    })
  })

  test('a worker that targets.json says nothing of is told before anything is asked', async () => {
    const script = openWorkers({
      session: testSession({ endpoint: door.url }),
      runtime,
      targets: async () => targets(),
    })
    await expect(script.write('detector', V1)).rejects.toMatchObject({ outcome: 'stale' })
    await expect(script.restart('ghost', 1000)).rejects.toMatchObject({ outcome: 'stale' })
    expect(door.requests).toEqual([])
  })
})

describe('restarting the machines of a worker in place', () => {
  test('every machine of its own and no other begins again, and each has ended before it is said', async () => {
    machine('i-1', ['Pending', 'InProgress', 'Success'])
    machine('i-2', ['Success'])
    machine('i-9', ['Success'], '', { ...TAGS, 'sluice:worker': 'other' })
    expect(await workers.restart('detector', 120_000)).toEqual(['i-1', 'i-2'])
    const [sent] = door.requests.filter(({ name }) => name === 'SendCommand')
    expect(sent?.input['Targets']).toEqual(
      Object.entries(TAGS).map(([tag, value]) => ({ Key: `tag:${tag}`, Values: [value] })),
    )
    expect(JSON.stringify(sent?.input['Parameters'])).toContain('docker stop --time 120')
  })

  test('where none runs nothing is done', async () => {
    expect(await workers.restart('detector', 120_000)).toEqual([])
  })

  test.each([
    ['Failed', 'this machine has not booted to its end'],
    ['TimedOut', ''],
    ['Undeliverable', ''],
    ['SomethingNew', ''],
    ['Success', 'but it says something else'],
  ])('a machine whose command is %s is a failure, with what it said', async (state, output) => {
    machine('i-1', ['Success'])
    machine('i-2', ['InProgress', state], output)
    await expect(workers.restart('detector', 1_000)).rejects.toMatchObject({
      outcome: 'external',
      message: expect.stringContaining(`i-2: ${output === '' ? state : `${state}: ${output}`}`),
    })
  })

  test('the script is one that a shell understands', () => {
    execFileSync('bash', ['-n', '-c', restartScript(5).join('\n')])
  })
})
