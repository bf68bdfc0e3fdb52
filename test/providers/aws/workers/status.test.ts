import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { machineRow } from '../../../../src/commands/operate/status.ts'
import { digestOf, imageReference } from '../../../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../../../src/domain/stacks/targets.ts'
import { openAwsOperations } from '../../../../src/providers/aws/operations/index.ts'
import type { ProviderContext } from '../../../../src/providers/provider.ts'
import { type FakeRuntime, fakeRuntime } from '../../../../src/runtime/fake/index.ts'
import { nodeHttp } from '../../../../src/runtime/node/http.ts'
import type { Clock } from '../../../../src/runtime/runtime.ts'
import { MemoryObjects } from '../../../world/objects.ts'
import { type Answer, type Asked, fakeAws, refusal } from '../fake-aws.ts'
import { testSession } from '../session.ts'

/** Pauses are short; what bounds a request is as long as it is. */
const quick: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms > 25_000 ? ms : 1, undefined, signal === undefined ? {} : { signal }),
}
const V1 = imageReference('registry/detector', digestOf('v1'))
const V2 = imageReference('registry/detector', digestOf('v2'))
const TAGS = { 'sluice:system': 'shop', 'sluice:environment': 'test', 'sluice:worker': 'detector' }

const targets = (change: object = {}): Targets =>
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
        image: '/sluice/shop/test/workers/detector/image',
        ...change,
      },
    },
    ledger: 's3://shop-test-ledger-123456789012/ledger',
  })

interface Instance {
  readonly id: string
  readonly state?: string
  readonly version?: string
}

const instances = (list: readonly Instance[]): string => {
  const items = list.map(
    ({ id, state = 'running', version = '3' }) =>
      `<item><instancesSet><item><instanceId>${id}</instanceId><instanceState><name>${state}</name></instanceState>` +
      `<launchTime>2026-11-21T10:00:00.000Z</launchTime><tagSet><item><key>Name</key><value>x</value></item>` +
      `<item><key>aws:ec2launchtemplate:version</key><value>${version}</value></item></tagSet></item></instancesSet></item>`,
  )
  return `<DescribeInstancesResponse><reservationSet>${items.join('')}</reservationSet></DescribeInstancesResponse>`
}

interface Cloud {
  readonly machines: readonly Instance[]
  /** Id -> what its agent and its inventory say. */
  readonly said?: Readonly<Record<string, { readonly ping?: string; readonly entry?: object } | undefined>>
  readonly released?: string
  readonly answers?: Readonly<Record<string, Answer>>
  readonly target?: object
}

async function look({ machines, said = {}, released = V2, answers = {}, target }: Cloud) {
  const answer = ({ action, body }: Asked): Answer => {
    if (answers[action] !== undefined) return answers[action]
    switch (action) {
      case 'DescribeInstances':
        return { body: instances(machines) }
      case 'DescribeLaunchTemplates':
        return {
          body: '<DescribeLaunchTemplatesResponse><launchTemplates><item><defaultVersionNumber>3</defaultVersionNumber></item></launchTemplates></DescribeLaunchTemplatesResponse>',
        }
      case 'DescribeInstanceInformation':
        return {
          body: {
            InstanceInformationList: Object.entries(said).map(([InstanceId, one]) => ({
              InstanceId,
              PingStatus: one?.ping ?? 'Online',
            })),
          },
        }
      case 'ListInventoryEntries': {
        const entry = said[String(body['InstanceId'])]?.entry
        return { body: { TypeName: body['TypeName'], Entries: entry === undefined ? [] : [entry] } }
      }
      default:
        return refusal('InvalidAction')
    }
  }
  const aws = await fakeAws(answer)
  const runtime = { ...fakeRuntime(), clock: quick as FakeRuntime['clock'], http: nodeHttp }
  const operations = openAwsOperations({
    context: { runtime } as unknown as ProviderContext,
    session: testSession({ endpoint: aws.endpoint, timeout: 1500 }),
    targets: async () => targets(target),
    objects: new MemoryObjects(),
    workers: { read: async () => (released === '' ? undefined : (released as typeof V2)) },
  })
  try {
    return { machines: (await operations.rest?.machines?.()) ?? [], asked: aws.asked }
  } finally {
    operations.close()
    await aws[Symbol.asyncDispose]()
  }
}

const short = (image: string): string => image.split('sha256:')[1]?.slice(0, 12) ?? ''

test('a machine says its image, template version, age, work and how to get a shell there', async () => {
  const { machines } = await look({
    machines: [{ id: 'i-1' }],
    said: { 'i-1': { entry: { Activity: 'working', Image: V2 } } },
  })
  expect(machines).toEqual([
    {
      worker: 'detector',
      state: 'running',
      machine: 'i-1',
      runs: short(V2),
      since: Date.parse('2026-11-21T10:00:00Z'),
      trouble: null,
      version: 3,
      activity: 'working',
      shell: 'aws ssm start-session --region eu-west-1 --target i-1',
    },
  ])
  const [machine] = machines
  expect(machine && machineRow(machine, Date.parse('2026-11-21T11:00:00Z'))).toEqual([
    'detector',
    'running, working',
    '1',
    '1',
    `${short(V2)}, template 3`,
    '-',
    '1h',
    '-',
    'aws ssm start-session --region eu-west-1 --target i-1',
  ])
})

test('only machines with the tags of the worker are asked for', async () => {
  const { asked } = await look({ machines: [] })
  const [found] = asked.filter(({ action }) => action === 'DescribeInstances')
  expect(found?.body).toMatchObject({
    'Filter.1.Name': 'tag:sluice:system',
    'Filter.1.Value.1': 'shop',
    'Filter.3.Name': 'tag:sluice:worker',
    'Filter.3.Value.1': 'detector',
  })
})

test('R23 a machine with the image before, or of an older template, is told from one that is right', async () => {
  const { machines } = await look({
    machines: [{ id: 'i-1', version: '2' }, { id: 'i-2' }],
    said: {
      'i-1': { entry: { Activity: 'idle', Image: V1 } },
      'i-2': { entry: { Activity: 'idle', Image: '' } },
    },
  })
  expect(machines).toMatchObject([
    {
      runs: short(V1),
      activity: 'idle',
      trouble: `${short(V2)} is released; of template version 2, 3 is the newest`,
    },
    { runs: 'nothing', trouble: null },
  ])
})

test('R23 what a machine said before it fell silent is not shown as what it does', async () => {
  const entry = { Activity: 'working', Image: V2 }
  const { machines } = await look({
    machines: [{ id: 'i-1' }, { id: 'i-2' }],
    said: { 'i-1': { ping: 'ConnectionLost', entry } },
  })
  for (const machine of machines) {
    expect(machine).toMatchObject({ runs: 'unknown', trouble: 'Session Manager does not reach it' })
    expect(machine.activity).toBeUndefined()
    expect(machine.shell).toBeUndefined()
  }
})

test.each([
  ['pending', 'running', 'it boots'],
  ['stopping', 'stopped', null],
  ['stopped', 'stopped', null],
  ['shutting-down', 'terminated', null],
  ['dreaming', 'stopped', 'EC2 says dreaming'],
])('a machine that is %s is %s', async (state, shown, trouble) => {
  const { machines, asked } = await look({ machines: [{ id: 'i-1', state }] })
  expect(machines).toMatchObject([{ state: shown, runs: 'unknown', trouble }])
  expect(asked.some(({ action }) => action === 'DescribeInstanceInformation')).toBe(false)
})

test('a worker without a machine says what the next one runs', async () => {
  const { machines } = await look({ machines: [{ id: 'i-1', state: 'terminated' }] })
  expect(machines).toEqual([
    {
      worker: 'detector',
      state: 'absent',
      machine: null,
      runs: short(V2),
      since: null,
      trouble: null,
      version: 3,
    },
  ])
  expect((await look({ machines: [], released: '' })).machines).toMatchObject([{ runs: 'nothing' }])
})

test('a worker that runs a script has no image to be asked for', async () => {
  const { machines } = await look({
    machines: [{ id: 'i-1' }],
    said: { 'i-1': {} },
    target: { image: undefined },
  })
  expect(machines).toMatchObject([{ runs: 'unknown', trouble: null }])
})

test.each(['DescribeInstanceInformation', 'ListInventoryEntries'])(
  'R24 who may not call %s is told so, and nothing is made up',
  async (action) => {
    const cloud = { machines: [{ id: 'i-1' }], said: { 'i-1': {} } }
    const refused = { [action]: refusal('AccessDeniedException') }
    await expect(look({ ...cloud, answers: refused })).rejects.toMatchObject({
      outcome: 'cannot-observe',
      remedy: expect.stringContaining(`ssm:${action}`),
    })
  },
)

test('a machine that has never said anything of itself is shown all the same', async () => {
  const { machines } = await look({
    machines: [{ id: 'i-1' }],
    said: { 'i-1': {} },
    answers: { ListInventoryEntries: refusal('InvalidTypeNameException') },
  })
  expect(machines).toMatchObject([{ runs: 'unknown', trouble: null }])
})
