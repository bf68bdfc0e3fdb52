import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf, imageReference } from '../../../../src/domain/digest.ts'
import { targetsSchema } from '../../../../src/domain/stacks/targets.ts'
import { openWorkers } from '../../../../src/providers/aws/workers/images.ts'
import { fakeRuntime } from '../../../../src/runtime/fake/index.ts'
import type { Clock } from '../../../../src/runtime/runtime.ts'
import type { HttpFault } from '../../../world/cloud-world/http/http-faults.ts'
import { openSsm, type SsmDoor } from '../../../world/cloud-world/http/ssm.ts'
import { CloudWorld } from '../../../world/cloud-world/world.ts'
import { testSession } from '../session.ts'

const NAME = '/sluice/shop/test/workers/detector/image'
const TAGS = { 'sluice:worker': 'detector' }
const V1 = imageReference('registry/detector', digestOf('v1'))
const THROTTLED: HttpFault = { kind: 'answer', status: 400, code: 'ThrottlingException' }
const MINUTES = 60_000

let cloud: CloudWorld
let door: SsmDoor
let workers: ReturnType<typeof openWorkers>
/** When each request came, in the cloud's time. */
let times: number[]

beforeEach(async () => {
  cloud = new CloudWorld({ account: '123456789012' })
  cloud.store.put({
    provider: 'aws',
    type: 'aws_ssm_parameter',
    key: NAME,
    attributes: { name: NAME, insecure_value: V1 },
  })
  door = await openSsm(cloud)
  door.machines.set('i-1', {
    tags: TAGS,
    answer: { states: ['InProgress', 'Success'], output: `sluice: restarted ${V1}\n` },
  })
  // Pauses pass at once in the cloud's time; what bounds a request or a wait is the machine's.
  const clock: Clock = {
    now: () => cloud.clock.now(),
    sleep: async (ms, signal) => {
      if (ms > 25_000) await wait(ms, undefined, signal === undefined ? {} : { signal })
      else cloud.clock.advance(ms)
    },
  }
  times = []
  const worker = {
    kind: 'ec2-worker',
    region: 'eu-west-1',
    launchTemplate: 'lt-1',
    instances: TAGS,
    image: NAME,
  }
  const targets = targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'shop',
    environment: 'test',
    workers: { detector: worker },
    ledger: 's3://ledger/',
  })
  const session = testSession({ endpoint: door.url })
  const { random } = fakeRuntime()
  workers = openWorkers({ session, runtime: { clock, random }, targets: async () => targets })
})
afterEach(async () => {
  workers.close()
  await door[Symbol.asyncDispose]()
})

/** Every request from this one on, for ten minutes. */
function throttle(from: number): void {
  let until: number | undefined
  door.faults = (_, n) => {
    times.push(cloud.clock.now())
    if (n < from) return undefined
    until ??= cloud.clock.now() + 10 * MINUTES
    return cloud.clock.now() < until ? THROTTLED : undefined
  }
}

test.each([1, 2, 3])(
  'R26 ten minutes of nothing but throttling of Session Manager from request %s on are survived, at a bounded rate',
  async (from) => {
    throttle(from)
    const begin = cloud.clock.now()
    expect(await workers.restart('detector', 1_000)).toEqual(['i-1'])
    expect(cloud.clock.now() - begin).toBeGreaterThanOrEqual(10 * MINUTES)
    expect(times.length).toBeGreaterThan(20)
    expect(times.length).toBeLessThan(150)
    const peak = Math.max(...times.map((at) => times.filter((one) => one >= at && one < at + 1_000).length))
    expect(peak).toBeLessThanOrEqual(40 + 10)
    // A command was given once.
    const names = door.requests.map(({ name }) => name)
    if (from === 3) expect(names.filter((name) => name === 'SendCommand')).toHaveLength(1)
  },
)

test('R26 Retry-After is obeyed, and a command whose answer is lost is not given twice', async () => {
  door.faults = (_, n) => {
    times.push(cloud.clock.now())
    return n === 1 ? { ...THROTTLED, status: 429, retryAfter: 20 } : undefined
  }
  expect(await workers.read('detector')).toBe(V1)
  const [first = 0, second = 0] = times
  expect(second - first).toBeGreaterThanOrEqual(20_000)
  door.faults = (name) => (name === 'SendCommand' ? { kind: 'lost' } : undefined)
  await expect(workers.restart('detector', 1_000)).rejects.toMatchObject({ outcome: 'external' })
  expect(door.requests.filter(({ name }) => name === 'SendCommand')).toHaveLength(1)
})
