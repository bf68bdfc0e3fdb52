import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Named } from '../../../domain/named.ts'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Func } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { listenAgain, openEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine, Surroundings } from '../engine.ts'
import { awsCredentials, awsVariables } from '../signed/credentials.ts'
import {
  AwsRefusal,
  openSignedDoor,
  type SignedAnswer,
  type SignedCall,
  type SignedDoor,
} from '../signed/door.ts'
import { FunctionPool } from './pool.ts'
import { type Outcome, PAYLOAD_LIMIT } from './runtime-api.ts'

export interface FunctionsEngineOptions {
  readonly runtime: Runtime
  readonly functions: Named<Func>
  /** Absolute path of `.sluice/<env>/cloud`. */
  readonly folder: string
  readonly region: string
  /** Absolute path of the project. */
  readonly root: string
  readonly surroundings: Surroundings
}

/** `undefined` where there is no such function. */
export type Invoke = (name: string, payload: Uint8Array) => Promise<Outcome | 'busy' | undefined>

/** Times that an event is tried again after a failure, as by Lambda. */
const EVENT_RETRIES = 2
const RETRY_DELAY = 1000

/** The functions, invoked by the Lambda API for the SDKs, and by `invoke` for what lies beside in this process. */
export function functionsEngine(options: FunctionsEngineOptions): {
  readonly engine: EmbeddedEngine
  readonly invoke: Invoke
} {
  const { runtime, functions, folder } = options
  let pools = new Map<string, FunctionPool>()
  let door: SignedDoor | undefined
  const invoke: Invoke = async (name, payload) => pools.get(name)?.invoke(payload)
  const engine: EmbeddedEngine = {
    name: 'functions',
    died: new Promise(() => {}),
    async start() {
      const own = join(folder, 'functions')
      await mkdir(own, { recursive: true, mode: 0o700 })
      const credentials = await awsCredentials(runtime, join(folder, 'objects'))
      const path = join(own, 'endpoint.json')
      const opened = await listenAgain(runtime, path, await openEndpointFile(runtime, path), (port) =>
        openSignedDoor({
          service: 'lambda',
          credentials,
          clock: runtime.clock,
          log: runtime.log,
          port,
          largest: PAYLOAD_LIMIT,
          answer: (call) => answerTo(runtime, invoke, call),
        }),
      )
      door = opened
      pools = new Map(
        Object.values(functions).map((func) => [func.name, new FunctionPool({ ...options, func })]),
      )
      return {
        url: opened.url,
        shared: { AWS_ENDPOINT_URL_LAMBDA: opened.url, ...awsVariables(credentials, options.region) },
        connections: Object.fromEntries(
          Object.keys(functions).map((name) => [
            name,
            { [connectionVariable('functions', name, 'NAME')]: name },
          ]),
        ),
      }
    },
    async stop() {
      await door?.close()
      door = undefined
      const all = [...pools.values()]
      pools = new Map()
      await Promise.all(all.map((pool) => pool.stop()))
    },
  }
  return { engine, invoke }
}

/** The operation Invoke (AWS Lambda API Reference). */
async function answerTo(runtime: Runtime, invoke: Invoke, call: SignedCall): Promise<SignedAnswer> {
  const [, asked] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(call.path) ?? []
  if (call.method !== 'POST' || asked === undefined) {
    throw new AwsRefusal(404, 'UnknownOperationException', 'cloud local speaks Invoke alone')
  }
  const name = nameOf(decodeURIComponent(asked))
  const payload = call.body.length === 0 ? Buffer.from('{}') : call.body
  if (!isJson(payload)) {
    throw new AwsRefusal(400, 'InvalidRequestContentException', 'Could not parse request body into json')
  }
  const kind = call.headers['x-amz-invocation-type'] ?? 'RequestResponse'
  switch (kind) {
    case 'RequestResponse':
      return resultOf(known(name, await invoke(name, payload)))
    case 'Event':
      void deliver(runtime, invoke, name, payload)
      return { status: 202, headers: {}, body: '' }
    default:
      throw new AwsRefusal(400, 'InvalidParameterValueException', `no invocation type ${kind} on cloud local`)
  }
}

async function deliver(runtime: Runtime, invoke: Invoke, name: string, payload: Buffer): Promise<void> {
  for (let attempt = 0; attempt <= EVENT_RETRIES; attempt++) {
    try {
      const outcome = await invoke(name, payload)
      if (outcome === undefined || (outcome !== 'busy' && outcome.kind === 'done')) return
    } catch (error) {
      runtime.log.emit(message('warning', `function ${name}: ${(error as Error).message}`))
    }
    await runtime.clock.sleep(RETRY_DELAY * 2 ** attempt)
  }
  runtime.log.emit(
    message('warning', `function ${name}: an event failed ${EVENT_RETRIES + 1} times and is gone`),
  )
}

/** A name, a name with alias, or an ARN. */
function nameOf(asked: string): string {
  const parts = asked.split(':')
  return (parts.length >= 7 ? parts[6] : parts[0]) ?? asked
}

function known(name: string, outcome: Outcome | 'busy' | undefined): Outcome {
  if (outcome === undefined) {
    throw new AwsRefusal(404, 'ResourceNotFoundException', `Function not found: ${name}`)
  }
  if (outcome === 'busy') throw new AwsRefusal(429, 'TooManyRequestsException', 'Rate Exceeded.')
  return outcome
}

function resultOf(outcome: Outcome): SignedAnswer {
  const headers = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' }
  return outcome.kind === 'done'
    ? { status: 200, headers, body: outcome.payload }
    : {
        status: 200,
        headers: { ...headers, 'x-amz-function-error': 'Unhandled' },
        body: JSON.stringify(outcome.error),
      }
}

function isJson(payload: Buffer): boolean {
  try {
    JSON.parse(payload.toString('utf8'))
    return true
  } catch {
    return false
  }
}
