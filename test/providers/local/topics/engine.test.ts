import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Topic } from '../../../../src/domain/system/system.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../../../../src/providers/local/engine.ts'
import type { Invoke } from '../../../../src/providers/local/functions/engine.ts'
import { topicsEngine } from '../../../../src/providers/local/topics/engine.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'

const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const UPLOADED: Topic = {
  name: 'uploaded',
  ackDeadline: 5000,
  retries: 2,
  retryDelay: { min: 10, max: 20 },
  deadLetter: true,
}
let folder = ''
let engine: EmbeddedEngine | undefined
let service: ReturnType<typeof createServer> | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topics-'))
})
afterEach(async () => {
  await engine?.stop()
  service?.closeAllConnections()
  service?.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(
  topic: Topic,
  more: { port?: number; functions?: string[]; invoke?: Invoke } = {},
): Promise<EngineEndpoint> {
  engine = topicsEngine({
    runtime,
    topics: { [topic.name]: topic },
    folder: join(folder, 'topics'),
    functions: more.functions ?? [],
    invoke: more.invoke ?? (async () => undefined),
    surroundings: {
      endpoints: () => [],
      servicePorts: () => (more.port === undefined ? {} : { worker: more.port }),
    },
  })
  return await engine.start()
}

interface Wire {
  readonly messageIds?: string[]
  readonly receivedMessages?: {
    ackId: string
    deliveryAttempt: number
    message: { messageId: string; data?: string; attributes?: Record<string, string> }
  }[]
  readonly error?: { status: string; message: string }
}

/** As an application calls it: address and names from its environment. */
async function call(endpoint: EngineEndpoint, path: string, body: unknown): Promise<Wire> {
  const url = `http://${endpoint.shared['PUBSUB_EMULATOR_HOST']}/v1/${path}`
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  return (await answer.json()) as Wire
}

const topicOf = (endpoint: EngineEndpoint): string =>
  endpoint.connections['uploaded']?.['UPLOADED_TOPIC'] ?? ''
const subscriptionOf = (endpoint: EngineEndpoint): string => endpoint.shared['UPLOADED_SUBSCRIPTION'] ?? ''
const text = (value: string): string => Buffer.from(value).toString('base64')
const publish = (endpoint: EngineEndpoint, data: string): Promise<Wire> =>
  call(endpoint, `${topicOf(endpoint)}:publish`, { messages: [{ data: text(data), attributes: { k: 'v' } }] })
const pull = (endpoint: EngineEndpoint, name = subscriptionOf(endpoint)): Promise<Wire> =>
  call(endpoint, `${name}:pull`, { maxMessages: 10, returnImmediately: true })

/** A worker that answers what `answer` says. */
async function worker(answer: (attempt: number) => number): Promise<{ port: number; bodies: string[] }> {
  const bodies: string[] = []
  service = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    bodies.push(`${request.url} ${Buffer.concat(chunks).toString()}`)
    response.writeHead(answer(bodies.length)).end()
  })
  await new Promise<void>((resolve) => service?.listen(0, '127.0.0.1', resolve))
  return { port: (service.address() as AddressInfo).port, bodies }
}

async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await runtime.clock.sleep(10)
}

describe('who asks for messages', () => {
  test('gets what was published, once, and no more after it acknowledged', async () => {
    const endpoint = await start(UPLOADED)
    expect((await publish(endpoint, 'one')).messageIds).toHaveLength(1)
    const [received] = (await pull(endpoint)).receivedMessages ?? []
    expect(received).toMatchObject({
      deliveryAttempt: 1,
      message: { data: text('one'), attributes: { k: 'v' } },
    })
    expect(await pull(endpoint)).toEqual({})
    await call(endpoint, `${subscriptionOf(endpoint)}:acknowledge`, { ackIds: [received?.ackId] })
    await engine?.stop()
    expect(await pull(await start(UPLOADED))).toEqual({})
  })

  test('waits for a message that comes later', async () => {
    const endpoint = await start(UPLOADED)
    const waiting = call(endpoint, `${subscriptionOf(endpoint)}:pull`, { maxMessages: 1 })
    await runtime.clock.sleep(30)
    await publish(endpoint, 'late')
    expect((await waiting).receivedMessages).toHaveLength(1)
  })

  test('gives a message back, and after the last try finds it among the dead', async () => {
    const endpoint = await start(UPLOADED)
    await publish(endpoint, 'poison')
    for (let n = 1; n <= 2; n++) {
      let received: Wire = {}
      await until(async () => {
        received = await pull(endpoint)
        return received.receivedMessages !== undefined
      })
      const ackIds = received.receivedMessages?.map(({ ackId }) => ackId)
      await call(endpoint, `${subscriptionOf(endpoint)}:modifyAckDeadline`, { ackIds, ackDeadlineSeconds: 0 })
    }
    const dead = await pull(endpoint, `${subscriptionOf(endpoint)}-dead`)
    expect(dead.receivedMessages?.[0]?.message.data).toBe(text('poison'))
  })

  test('R28 messages, tries, address and names survive a kill', async () => {
    const first = await start(UPLOADED)
    await publish(first, 'kept')
    await pull(first)
    const left = engine
    // Nothing is closed: what a killed process had not written is not there.
    const second = await start(UPLOADED)
    expect(topicOf(second)).toBe(topicOf(first))
    expect((await pull(second)).receivedMessages).toMatchObject([{ deliveryAttempt: 2 }])
    await left?.stop()
  })
})

describe('a service with a path', () => {
  test('is brought each message until it accepts it', async () => {
    const { port, bodies } = await worker((attempt) => (attempt === 1 ? 500 : 204))
    const endpoint = await start({ ...UPLOADED, subscriber: 'worker', path: '/messages' }, { port })
    expect(endpoint.shared).not.toHaveProperty('UPLOADED_SUBSCRIPTION')
    await publish(endpoint, 'one')
    await until(() => bodies.length === 2)
    const [path, body = ''] = bodies[1]?.split(/ (.*)/s) ?? []
    expect(path).toBe('/messages')
    expect(JSON.parse(body)).toMatchObject({
      message: { data: text('one'), attributes: { k: 'v' } },
      deliveryAttempt: 2,
    })
  })

  test('that refuses a message to the end finds it among the dead, and gets the next one', async () => {
    const { port, bodies } = await worker((attempt) => (attempt <= 2 ? 500 : 200))
    const endpoint = await start({ ...UPLOADED, subscriber: 'worker', path: '/messages' }, { port })
    await publish(endpoint, 'poison')
    await until(() => bodies.length === 2)
    const dead = topicOf(endpoint).replace('/topics/', '/subscriptions/').concat('-dead')
    let found: Wire = {}
    await until(async () => {
      found = await pull(endpoint, dead)
      return found.receivedMessages !== undefined
    })
    expect(found.receivedMessages?.[0]?.message.data).toBe(text('poison'))
    await publish(endpoint, 'good')
    await until(() => bodies.length === 3)
  })
})

test('a function gets a message as the event that SQS gives it, and may refuse it by its id', async () => {
  const events: { Records: { messageId: string; body: string }[] }[] = []
  const invoke: Invoke = async (_, payload) => {
    const event = JSON.parse(Buffer.from(payload).toString()) as (typeof events)[number]
    events.push(event)
    const failures = events.length === 1 ? [{ itemIdentifier: event.Records[0]?.messageId }] : []
    return { kind: 'done', payload: Buffer.from(JSON.stringify({ batchItemFailures: failures })) }
  }
  const endpoint = await start({ ...UPLOADED, subscriber: 'f' }, { functions: ['f'], invoke })
  await publish(endpoint, 'one')
  await until(() => events.length === 2)
  expect(events.map(({ Records }) => Records[0]?.body)).toEqual(['one', 'one'])
})

describe('bad input', () => {
  test.each([
    [{}],
    [{ messages: [] }],
    [{ messages: [{}] }],
    [{ messages: [{ data: 'not base64!' }] }],
    [{ messages: [{ attributes: { a: 1 } }] }],
  ])('%j is refused, and nothing is published', async (body) => {
    const endpoint = await start(UPLOADED)
    const answer = await call(endpoint, `${topicOf(endpoint)}:publish`, body)
    expect(answer.error?.status).toBe('INVALID_ARGUMENT')
    expect(await pull(endpoint)).toEqual({})
  })

  test('who does not know the project, or comes from a page, gets nothing', async () => {
    const endpoint = await start(UPLOADED)
    const foreign = await call(endpoint, 'projects/local/topics/uploaded:publish', { messages: [] })
    expect(foreign.error?.status).toBe('NOT_FOUND')
    const page = await fetch(`${endpoint.url}/v1/${topicOf(endpoint)}:publish`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: '{}',
    })
    expect(page.status).toBe(403)
  })
})
