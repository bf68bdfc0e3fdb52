import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { expect, test } from 'vitest'
import type { Targets } from '../../../src/domain/stacks/targets.ts'
import { windowsBack } from '../../../src/providers/aws/operations/log-windows.ts'
import { openLogs } from '../../../src/providers/aws/operations/logs.ts'
import type { LogLine, LogQuery } from '../../../src/providers/ports/operations.ts'
import type { ProviderContext } from '../../../src/providers/provider.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { errorOf } from '../../images/registry/client.ts'
import { startMoto } from '../../real/moto.ts'
import { describeReal } from '../../real.ts'
import { type Answer, type Asked, fakeAws, fastClock, refusal } from './fake-aws.ts'
import { testSession } from './session.ts'

const GROUP = '/ecs/films/api'
const targets = {
  logs: { api: `cloudwatch:eu-west-1:${GROUP}`, web: 'file:///logs/web' },
} as unknown as Targets

/** An event of CloudWatch, so many seconds ago. */
const event = (id: string, secondsAgo: number, now: number, message = id) => ({
  eventId: id,
  timestamp: now - secondsAgo * 1000,
  logStreamName: 'api/api/c0ffee',
  message,
})
type LogEvent = ReturnType<typeof event>

function open(endpoint: string, options: { readonly attempts?: number; readonly factor?: number } = {}) {
  const { attempts = 1, factor = 1000 } = options
  const runtime = { ...fakeRuntime(), clock: fastClock(factor) }
  return openLogs({
    context: { runtime } as unknown as ProviderContext,
    session: testSession({ endpoint, attempts, timeout: 1000 }),
    targets: async () => targets,
  })
}

async function read(lines: AsyncIterable<LogLine>, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const found: string[] = []
  for await (const { text } of lines) {
    found.push(text)
    if (found.length >= count) break
  }
  return found
}

const query = (change: Partial<LogQuery> = {}): LogQuery => ({ follow: false, tail: 100, ...change })

/** CloudWatch as its page says: from `startTime` to `endTime`, both inside, so many a page. */
function group(events: () => readonly LogEvent[], page = 2) {
  return ({ body }: Asked): Answer => {
    const {
      startTime = 0,
      endTime = Number.POSITIVE_INFINITY,
      nextToken = '0',
    } = body as {
      startTime?: number
      endTime?: number
      nextToken?: string
    }
    const inside = events().filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
    const from = Number(nextToken)
    const next = from + page < inside.length ? { nextToken: String(from + page) } : {}
    return { body: { events: inside.slice(from, from + page), ...next } }
  }
}

test('windows reach back gaplessly, and no moment is in two', () => {
  const windows = windowsBack(1_000_000_000_000)
  expect(windows[0]?.to).toBe(1_000_000_000_000)
  for (const [i, { from, to }] of windows.entries()) {
    expect(from).toBeLessThan(to)
    if (i > 0) expect(to).toBe(windows[i - 1]?.from)
  }
})

test('the last lines are found however long ago they were, page by page, oldest first, and no more of them', async () => {
  const now = Date.now()
  const day = 86_400
  const events = [
    event('old', 40 * day, now),
    event('1', 3 * day, now),
    event('2', 2 * day, now),
    event('3', 7200, now),
    event('4', 60, now),
    event('5', 30, now, 'with its end\n'),
  ]
  await using aws = await fakeAws(group(() => events))
  const logs = open(aws.endpoint)
  expect(await read(logs.of('api', query({ tail: 4 })))).toEqual(['2', '3', '4', 'with its end'])
  expect(await read(logs.of('api', query({ tail: 50 })))).toEqual(['old', '1', '2', '3', '4', 'with its end'])
  expect(await read(logs.of('api', query({ tail: 0 })))).toEqual([])
  logs.close()
})

test('since gives all lines from then on, and a filter is a text that a line has', async () => {
  const now = Date.now()
  const events = [
    event('a', 100, now, 'GET /health 200'),
    event('b', 50, now, 'GET /films?x="%" 500'),
    event('c', 10, now, 'GET /films 500'),
  ]
  await using aws = await fakeAws(group(() => events))
  const logs = open(aws.endpoint)
  expect(await read(logs.of('api', query({ since: now - 60_000, tail: 1 })))).toHaveLength(2)
  expect(await read(logs.of('api', query({ filter: '?x="%" 500' })))).toEqual(['GET /films?x="%" 500'])
  logs.close()
})

test('following shows each line once: also what comes late, and what shares its millisecond with another', async () => {
  const now = Date.now()
  const events = [event('old', 30, now), event('shown', 20, now)]
  let asked = 0
  await using aws = await fakeAws((call) => {
    asked += 1
    if (asked === 3) events.push(event('late', 5, now), event('new', -1, now), event('twin', -1, now))
    if (asked === 5) events.push(event('last', -2, now))
    return group(() => events, 100)(call)
  })
  const logs = open(aws.endpoint, { factor: 100 })
  const lines = await read(logs.of('api', query({ follow: true, tail: 1 })), 5)
  expect(lines).toEqual(['shown', 'late', 'new', 'twin', 'last'])
  logs.close()
})

test('R26 following bears what passes by itself, and goes on without a gap or a line twice', async () => {
  const now = Date.now()
  const events = [event('one', 1, now)]
  let asked = 0
  await using aws = await fakeAws((call) => {
    asked += 1
    if (asked === 7) events.push(event('two', -1, now))
    if (asked > 6 && asked < 16) return asked % 2 === 0 ? refusal('ThrottlingException') : 'truncated'
    return group(() => events)(call)
  })
  const logs = open(aws.endpoint, { factor: 500 })
  expect(await read(logs.of('api', query({ follow: true })), 2)).toEqual(['one', 'two'])
  logs.close()
})

test('R24 following ends at once where the token expires', async () => {
  const now = Date.now()
  let asked = 0
  await using aws = await fakeAws((call) => {
    asked += 1
    return asked > 6 ? refusal('ExpiredTokenException') : group(() => [event('one', 1, now)])(call)
  })
  const logs = open(aws.endpoint)
  const error = await errorOf(read(logs.of('api', query({ follow: true }))))
  expect(error).toMatchObject({ outcome: 'cannot-observe', message: expect.stringContaining('ExpiredToken') })
  expect(asked).toBe(7)
  logs.close()
})

test.each([
  [
    'denied',
    refusal('AccessDeniedException'),
    'cannot-observe',
    'it needs logs:FilterLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/films/api:*',
  ],
  [
    'without a group',
    refusal('ResourceNotFoundException'),
    'usage',
    'no log group /ecs/films/api in eu-west-1',
  ],
  ['throttled', refusal('ThrottlingException'), 'external', 'throttled'],
  ['silent', 'hang', 'external', 'reading the logs of api'],
  ['cut off', 'truncated', 'external', 'reading the logs of api'],
  [
    'repeating itself',
    { body: { events: [], nextToken: 'same' } },
    'external',
    'the same page was answered twice',
  ],
] satisfies [string, Answer, string, string][])(
  'R25 a log that is %s is an error that says so, not an empty log',
  async (_, answer, outcome, said) => {
    await using aws = await fakeAws(() => answer)
    const logs = open(aws.endpoint, { factor: 1 })
    const error = await errorOf(read(logs.of('api', query())))
    expect(error).toMatchObject({ outcome, message: expect.stringContaining(said) })
    logs.close()
  },
)

test.each([
  ['unknown', 'targets.json has no logs of unknown'],
  ['web', 'the logs of web are at file:///logs/web'],
])('logs of %s are refused by name, and nobody is asked', async (name, said) => {
  await using aws = await fakeAws(() => ({ body: {} }))
  const logs = open(aws.endpoint)
  expect(await errorOf(read(logs.of(name, query())))).toMatchObject({
    outcome: 'usage',
    message: said + expectRule,
  })
  expect(aws.asked).toEqual([])
  logs.close()
})
const expectRule = ' (logs on AWS are a group of CloudWatch Logs: cloudwatch:REGION:GROUP)'

test('a cancel ends following', async () => {
  const cancel = new AbortController()
  const now = Date.now()
  await using aws = await fakeAws((call) => {
    if (aws.asked.length > 8) cancel.abort(new Error('cancelled by the user'))
    return group(() => [event('one', 1, now)])(call)
  })
  const logs = open(aws.endpoint)
  await expect(read(logs.of('api', query({ follow: true, signal: cancel.signal })))).rejects.toThrow(
    'cancelled by',
  )
  logs.close()
})

describeReal('logs of CloudWatch as moto keeps them', ['moto'], () => {
  test('lines of two tasks are one story, and each says whose it is', async () => {
    await using moto = await startMoto()
    const client = new CloudWatchLogsClient(testSession({ endpoint: moto.url }).clients)
    await client.send(new CreateLogGroupCommand({ logGroupName: GROUP }))
    const now = Date.now()
    for (const [task, ages] of [
      ['one', [40, 20]],
      ['two', [30, 10]],
    ] as const) {
      const where = { logGroupName: GROUP, logStreamName: `api/api/${task}` }
      await client.send(new CreateLogStreamCommand(where))
      const logEvents = ages.map((age) => ({ timestamp: now - age * 1000, message: `${task} ${age}` }))
      await client.send(new PutLogEventsCommand({ ...where, logEvents }))
    }
    const logs = open(moto.url, { factor: 1 })
    const lines: LogLine[] = []
    for await (const line of logs.of('api', query())) lines.push(line)
    expect(lines.map(({ text }) => text)).toEqual(['one 40', 'two 30', 'one 20', 'two 10'])
    expect(lines.map(({ revision }) => revision)).toEqual(['one', 'two', 'one', 'two'])
    client.destroy()
    logs.close()
  })
})
