/** The REST protocol of Pub/Sub (https://cloud.google.com/pubsub/docs/reference/rest), the part that applications use. */
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Message } from './queue.ts'
import type { Received, Subscription } from './subscription.ts'

export interface PubSub {
  /** `projects/<project>`. */
  readonly project: string
  readonly now: () => number
  /** Takes what is published to a topic; undefined where there is none of that name. */
  publish(topic: string, messages: readonly Message[]): Promise<void> | undefined
  subscription(name: string): Subscription | undefined
}

export interface WireAnswer {
  readonly status: number
  readonly value: object
}

const ackIds = z.array(z.string()).min(1)
const publishSchema = z.object({
  messages: z
    .array(
      z
        .object({
          data: z.base64().optional(),
          attributes: z.record(z.string().min(1).max(256), z.string().max(1024)).optional(),
        })
        .refine(
          ({ data, attributes }) => Boolean(data) || Object.keys(attributes ?? {}).length > 0,
          'a message has data or attributes',
        ),
    )
    .min(1)
    .max(1000),
})
const pullSchema = z.object({
  maxMessages: z.int().min(1).max(1000),
  returnImmediately: z.boolean().optional(),
})
const acknowledgeSchema = z.object({ ackIds })
const deadlineSchema = z.object({ ackIds, ackDeadlineSeconds: z.int().min(0).max(600) })

/** How long a pull waits for a first message, in milliseconds. */
const PATIENCE = 5000

/** @param body the parsed JSON of the request, not yet believed */
export async function answerTo(
  pubsub: PubSub,
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<WireAnswer> {
  const [, project, kind, name = '', action = ''] =
    /^\/v1\/(projects\/[^/]+)\/(topics|subscriptions)\/([^/:]+)(?::(\w+))?$/.exec(path) ?? []
  if (project !== pubsub.project) return failed(404, 'NOT_FOUND', `there is nothing at ${path}`)
  const full = `${project}/${kind}/${name}`
  if (kind === 'topics') {
    if (method === 'GET' && action === '' && pubsub.publish(name, []) !== undefined)
      return done({ name: full })
    if (method !== 'POST' || action !== 'publish') return unknown(method, path)
    return parsed(publishSchema, body, async ({ messages }) => {
      const made = messages.map(({ data = '', attributes = {} }) => ({
        id: randomUUID(),
        data,
        attributes,
        publishedAt: pubsub.now(),
      }))
      const published = pubsub.publish(name, made)
      if (published === undefined) return failed(404, 'NOT_FOUND', `there is no topic ${full}`)
      await published
      return done({ messageIds: made.map(({ id }) => id) })
    })
  }
  const subscription = pubsub.subscription(name)
  if (subscription === undefined) return failed(404, 'NOT_FOUND', `there is no subscription ${full}`)
  if (method === 'GET' && action === '') return done({ name: full })
  if (method !== 'POST') return unknown(method, path)
  switch (action) {
    case 'pull':
      return parsed(pullSchema, body, async ({ maxMessages, returnImmediately }) => {
        const received = await subscription.pull(maxMessages, returnImmediately ? 0 : PATIENCE, signal)
        return done(received.length === 0 ? {} : { receivedMessages: received.map(receivedOnWire) })
      })
    case 'acknowledge':
      return parsed(acknowledgeSchema, body, async (given) => {
        await subscription.acknowledge(given.ackIds)
        return done({})
      })
    case 'modifyAckDeadline':
      return parsed(deadlineSchema, body, async (given) => {
        await subscription.extend(given.ackIds, given.ackDeadlineSeconds * 1000)
        return done({})
      })
    default:
      return unknown(method, path)
  }
}

export function messageOnWire({ id, data, attributes, publishedAt }: Message): object {
  return {
    ...(data === '' ? {} : { data }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    messageId: id,
    publishTime: new Date(publishedAt).toISOString(),
  }
}

function receivedOnWire({ message, attempts, lease }: Received): object {
  return { ackId: lease.ackId, message: messageOnWire(message), deliveryAttempt: attempts }
}

async function parsed<T>(
  schema: z.ZodType<T>,
  body: unknown,
  act: (value: T) => Promise<WireAnswer>,
): Promise<WireAnswer> {
  const result = schema.safeParse(body)
  if (result.success) return act(result.data)
  const [issue] = result.error.issues
  const at = issue?.path.join('.') || 'the body'
  return failed(400, 'INVALID_ARGUMENT', `${at}: ${issue?.message}`)
}

function unknown(method: string, path: string): WireAnswer {
  return failed(404, 'NOT_FOUND', `cloud local has no ${method} ${path}`)
}

export function failed(code: number, status: string, message: string): WireAnswer {
  return { status: code, value: { error: { code, message, status } } }
}

function done(value: object): WireAnswer {
  return { status: 200, value }
}
