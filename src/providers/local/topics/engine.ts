import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { variableStem } from '../../../domain/name.ts'
import type { Named } from '../../../domain/named.ts'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Topic } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { listenAgain, openEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine, Surroundings } from '../engine.ts'
import type { Invoke } from '../functions/engine.ts'
import type { Loopback } from '../loopback.ts'
import { pushForever, type Receiver, toFunction, toService } from './push.ts'
import type { DeliveryPolicy, Message } from './queue.ts'
import { listen } from './server.ts'
import { Subscription } from './subscription.ts'

export interface TopicsEngineOptions {
  readonly runtime: Runtime
  readonly topics: Named<Topic>
  /** Absolute path of topics/. */
  readonly folder: string
  /** Names of the functions, which get their messages as events. */
  readonly functions: readonly string[]
  readonly invoke: Invoke
  readonly surroundings: Surroundings
}

/** What is given up is kept until somebody takes it. */
const KEPT: Omit<DeliveryPolicy, 'ackDeadline'> = {
  retries: 1,
  retryDelay: { min: 0, max: 0 },
  deadLetter: false,
}

/**
 * The topics, each with one subscription of its name, and one with the end `-dead` for what was tried too often. They speak
 * the REST protocol of Pub/Sub, and push to the subscriber's path. Whoever knows the project's name may use it: it is made
 * of a secret, for an emulator of Pub/Sub is given no key.
 */
export function topicsEngine(options: TopicsEngineOptions): EmbeddedEngine {
  const { runtime, topics, folder } = options
  let server: Loopback | undefined
  let subscriptions = new Map<string, Subscription>()
  let pushing: readonly Promise<void>[] = []
  let stopped = new AbortController()
  const stop = async (): Promise<void> => {
    stopped.abort(new Error('stopped'))
    await server?.close()
    server = undefined
    await Promise.all(pushing)
    await Promise.all([...subscriptions.values()].map((subscription) => subscription.close()))
    pushing = []
    subscriptions = new Map()
  }
  return {
    name: 'topics',
    died: new Promise(() => {}),
    async start() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, 'endpoint.json')
      const file = await openEndpointFile(runtime, path)
      const project = `local-${createHash('sha256').update(file.secret).digest('hex').slice(0, 24)}`
      stopped = new AbortController()
      subscriptions = await openAll(options)
      const opened = await listenAgain(runtime, path, file, (port) =>
        listen(port, runtime.log, {
          project: `projects/${project}`,
          now: () => runtime.clock.now(),
          publish: (topic, messages) =>
            Object.hasOwn(topics, topic) ? publish(subscriptions, topic, messages) : undefined,
          subscription: (name) => subscriptions.get(name),
        }),
      )
      server = opened
      pushing = Object.values(topics).flatMap((topic) => {
        const receive = receiverOf(options, topic, `projects/${project}`, stopped.signal)
        const subscription = subscriptions.get(topic.name)
        if (receive === undefined || subscription === undefined) return []
        return [pushForever(subscription, receive, stopped.signal)]
      })
      const asked = Object.values(topics).filter((topic) => topic.path === undefined)
      return {
        url: opened.url,
        shared: {
          PUBSUB_EMULATOR_HOST: new URL(opened.url).host,
          PUBSUB_PROJECT_ID: project,
          ...Object.fromEntries(
            asked.map(({ name }) => [
              `${variableStem(name)}_SUBSCRIPTION`,
              `projects/${project}/subscriptions/${name}`,
            ]),
          ),
        },
        connections: Object.fromEntries(
          Object.keys(topics).map((name) => [
            name,
            { [connectionVariable('topics', name, 'TOPIC')]: `projects/${project}/topics/${name}` },
          ]),
        ),
      }
    },
    stop,
  }
}

function publish(
  subscriptions: ReadonlyMap<string, Subscription>,
  topic: string,
  messages: readonly Message[],
): Promise<void> {
  return messages.length === 0
    ? Promise.resolve()
    : (subscriptions.get(topic)?.publish(messages) ?? Promise.resolve())
}

async function openAll({ runtime, topics, folder }: TopicsEngineOptions): Promise<Map<string, Subscription>> {
  const { clock, log } = runtime
  const opened = new Map<string, Subscription>()
  for (const topic of Object.values(topics)) {
    const { name, ackDeadline, deadLetter } = topic
    const dead = `${name}-dead`
    if (deadLetter) {
      const policy = { ...KEPT, ackDeadline }
      opened.set(
        dead,
        await Subscription.open(join(folder, `${dead}.jsonl`), { clock, policy, bury: async () => {} }),
      )
    }
    const bury = async (messages: readonly Message[]): Promise<void> => {
      const text = `topic ${name}: ${messages.length} messages were given up; they lie in subscription ${dead}`
      log.emit(message('warning', text))
      await opened.get(dead)?.publish(messages)
    }
    opened.set(name, await Subscription.open(join(folder, `${name}.jsonl`), { clock, policy: topic, bury }))
  }
  return opened
}

/** undefined where the subscriber asks for its messages itself. */
function receiverOf(
  { runtime, functions, invoke, surroundings }: TopicsEngineOptions,
  { name, subscriber, path, ackDeadline }: Topic,
  project: string,
  signal: AbortSignal,
): Receiver | undefined {
  if (subscriber === undefined) return undefined
  if (functions.includes(subscriber)) return toFunction(invoke, subscriber, name)
  if (path === undefined) return undefined
  const url = (): string | undefined => {
    const port = surroundings.servicePorts()[subscriber]
    return port === undefined ? undefined : `http://127.0.0.1:${port}${path}`
  }
  return toService(runtime, { url, subscription: `${project}/subscriptions/${name}`, ackDeadline, signal })
}
