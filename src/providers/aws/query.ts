import { externalError } from '../../domain/error.ts'
import { jittered } from '../../runtime/poll.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { type AwsSession, settingsFor } from './session.ts'
import { signedPost } from './signed-post.ts'
import { callTrouble, isPassing, isThrottled, type Need } from './trouble.ts'

/** The services that are asked in this way, with the version of their API. */
const VERSIONS = { rds: '2014-10-31', ec2: '2016-11-15', autoscaling: '2011-01-01' } as const

/** As variables of the environment call them: `AWS_ENDPOINT_URL_EC2`. */
const SERVICES = { rds: 'RDS', ec2: 'EC2', autoscaling: 'AUTO_SCALING' } as const

const FIRST_PAUSE = 500
const LONGEST_PAUSE = 20_000
/** Milliseconds that throttling is borne: longer than the ten minutes that promise R26 gives it. */
const THROTTLED = 15 * 60_000
const ANSWER_LIMIT = 16 * 1024 * 1024

export interface QueryCall {
  readonly service: keyof typeof VERSIONS
  readonly region: string
  /** `StopDBInstance`; it may be repeated. */
  readonly action: string
  readonly parameters: Readonly<Record<string, string>>
  /** The work, for people: `stopping database db`. */
  readonly what: string
  /** ARN, or `*`. */
  readonly resource: string
}

/** The root element of an answer; elements that occur once are no lists. */
export type QueryAnswer = Readonly<Record<string, unknown>>

export interface QueryApi {
  /** @throws QueryError where AWS names a code, else SluiceError */
  ask(call: QueryCall): Promise<QueryAnswer>
  /** Milliseconds since the epoch, by the clock of AWS as its last answer told it; before the first one, ours. */
  now(): number
}

/** What AWS refused with a code of its own: whoever asked may know what it means. */
export class QueryError extends Error {
  readonly $metadata: { readonly httpStatusCode: number }

  constructor(code: string, text: string, status: number) {
    super(text)
    this.name = code
    this.$metadata = { httpStatusCode: status }
  }
}

/**
 * The Query protocol, for the handful of calls to RDS and EC2 that are needed to pause a system and to run a step on a machine: their clients would add a megabyte to
 * what every user of the actions downloads.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
export function openQueryApi(session: AwsSession, runtime: Runtime): QueryApi {
  const { clock, random, http } = runtime
  const { maxAttempts } = session.clients
  let skew = 0
  const now = (): number => clock.now() + skew
  const once = async (call: QueryCall): Promise<QueryAnswer> => {
    const request = await signed(session, call, now())
    const response = await http.request({
      ...request,
      timeout: session.clients.requestHandler.requestTimeout,
      signal: session.call.abortSignal,
    })
    const date = Date.parse(response.headers['date'] ?? '')
    if (Number.isFinite(date)) skew = date - clock.now()
    return parse(response.status, await response.text(ANSWER_LIMIT), call.what)
  }
  return {
    now,
    ask: async (call) => {
      const need: Need = { action: `${call.service}:${call.action}`, resource: call.resource }
      const start = clock.now()
      let broken = 0
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(call)
        } catch (error) {
          session.call.abortSignal.throwIfAborted()
          const { name } = error as Error
          if (KNOWN_TO_CALLERS.has(name) || `${call.service} ${name}` === NOT_IN_GROUP) throw error
          // Our clock was wrong, and the refusal has told what time it is.
          if (MISTIMED.has(name) && attempt === 1) continue
          const throttled = isThrottled(error)
          const over = throttled ? clock.now() - start >= THROTTLED : ++broken >= maxAttempts
          if (!isPassing(error) || over) throw callTrouble(call.what, need, error)
          await clock.sleep(
            throttled ? anyUpTo(pauseOf(attempt), random) : jittered(pauseOf(attempt), random),
            session.call.abortSignal,
          )
        }
      }
    },
  }
}

/** Milliseconds before the next attempt, at most. */
const pauseOf = (attempt: number): number => Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))

/** Full jitter: those that were refused together do not return together. */
function anyUpTo(most: number, random: Runtime['random']): number {
  return Math.ceil((most * (random.bytes(1)[0] ?? 0)) / 255)
}

/** Answers about the thing itself, not about who asks. */
const KNOWN_TO_CALLERS = new Set([
  'DBInstanceNotFound',
  'InvalidDBInstanceState',
  'InvalidInstanceID.NotFound',
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientReservedInstanceCapacity',
  'InsufficientFreeAddressesInSubnet',
  'SpotMaxPriceTooLow',
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'MaxSpotInstanceCountExceeded',
  'Unsupported',
  'UnsupportedOperation',
  'IdempotentParameterMismatch',
])

/** Of a machine that is in no group, and of a group that cannot be smaller. */
const NOT_IN_GROUP = 'autoscaling ValidationError'

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: a request is good for five minutes. */
const MISTIMED = new Set(['RequestExpired', 'SignatureDoesNotMatch', 'AuthFailure'])

function signed(session: AwsSession, { service, region, action, parameters }: QueryCall, now: number) {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const { endpoint } = settingsFor(session, SERVICES[service])
  const url = new URL(endpoint ?? `https://${service}.${region}.${domain}`)
  const body = new URLSearchParams({ Action: action, Version: VERSIONS[service], ...parameters }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  return signedPost(session, { service, region, url, headers, body }, now)
}

async function parse(status: number, text: string, what: string): Promise<QueryAnswer> {
  const { XMLParser } = await import('./sdk/xml.ts')
  let root: unknown
  try {
    if (/<!DOCTYPE/i.test(text)) throw new Error('a document type')
    const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, processEntities: true })
    root = Object.entries(parser.parse(text, true) as object).find(([name]) => name !== '?xml')?.[1]
  } catch (cause) {
    if (status >= 500) throw new QueryError('ServiceUnavailable', `status ${status}`, status)
    throw externalError(
      'service',
      { what: `${what}: the answer of AWS breaks off, or is none`, remedy: 'run it again' },
      cause,
    )
  }
  const answer: QueryAnswer = isRecord(root) ? root : {}
  if (status === 200) return answer
  // RDS: ErrorResponse/Error; EC2: Response/Errors/Error.
  const error = at(answer, 'Error') ?? at(at(answer, 'Errors'), 'Error')
  const code = isRecord(error) && typeof error['Code'] === 'string' ? error['Code'] : `Status${status}`
  const said = isRecord(error) && typeof error['Message'] === 'string' ? error['Message'] : 'no message'
  throw new QueryError(code, said, status)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path of elements; undefined where one of them is missing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value)
}

/** The members of a list, whether it has none, one or several. */
export function members(value: unknown): readonly unknown[] {
  return value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]
}
