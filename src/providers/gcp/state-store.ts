import * as z from 'zod'
import { externalError, SluiceError, usageError } from '../../domain/error.ts'
import { gcpStateBucket } from '../../domain/stacks/state-buckets.ts'
import { pollUntil } from '../../runtime/poll.ts'
import type { StateGround, StateStore } from '../ports/states.ts'
import type { ProviderContext } from '../provider.ts'
import { BUCKET_PARTS, bucketSchema, missingParts, missingSettings, wantedSettings } from './bucket-rules.ts'
import { type GcpAnswer, type GcpSession, gcpSession } from './session.ts'

/** Milliseconds for the bucket to be as it must be. */
const SETTLE = 60_000
/** https://cloud.google.com/storage/docs/buckets#naming */
const LONGEST_NAME = 63

type Bucket = z.infer<typeof bucketSchema>
const projectSchema = z.looseObject({ name: z.string().regex(/^projects\/[0-9]+$/) })

/** The bucket of the project's states in this location. The pool of identities belongs to a stack of the environment. */
export function openGcpStateStore(context: ProviderContext): StateStore {
  const { runtime } = context
  const session = gcpSession(context)
  const name = gcpStateBucket(session)
  if (name.length > LONGEST_NAME) {
    throw usageError({
      what: `the bucket for states would be called ${name}, ${name.length} characters`,
      rule: `a bucket has at most ${LONGEST_NAME}`,
      remedy: 'use a project with a shorter id, or a region with a shorter name',
    })
  }

  const inspect = async (found: Bucket | undefined): Promise<StateGround> => {
    const missing = found === undefined ? BUCKET_PARTS : missingParts(found)
    const part = (what: string, isThere: boolean) => ({ what, state: isThere ? 'there' : 'missing' }) as const
    return {
      place: `gs://${name}`,
      parts: [
        part(`bucket ${name}`, found !== undefined),
        ...BUCKET_PARTS.map((what) => part(what, !missing.includes(what))),
      ],
    }
  }

  return {
    inspect: async () => inspect(await find(session, name, await projectNumber(session))),
    ensure: async () => {
      const number = await projectNumber(session)
      const { clock, signals } = runtime
      const look = async (): Promise<StateGround | undefined> => {
        const found = await find(session, name, number)
        if (found === undefined) await create(session, name)
        else if (missingParts(found).length === 0) return inspect(found)
        else await complete(session, name, found)
        return undefined
      }
      const seen = await pollUntil(runtime, look, {
        every: 1_000,
        deadline: clock.now() + SETTLE,
        signal: signals.cancelled,
        // A lost answer: the next look finds what the call has done.
        bear: { transient: (error) => error instanceof SluiceError && error.whose === 'service', inARow: 4 },
      })
      if (seen !== 'timed-out') return seen.found
      throw externalError('service', {
        what: `what bootstrap has set for ${name} is not seen within ${SETTLE / 1000} s`,
        remedy: 'run bootstrap again: what is there stays',
      })
    },
    close: () => Promise.resolve(),
  }
}

/** Buckets say their project by its number. */
async function projectNumber(session: GcpSession): Promise<string> {
  const what = `asking for project ${session.project}`
  const path = `/v3/projects/${session.project}`
  const answer = await session.call({ service: 'cloudresourcemanager', path })
  if (answer.status !== 200) throw trouble(what, answer)
  return parsed(projectSchema, what, answer).name.slice('projects/'.length)
}

/** @throws SluiceError refused where it belongs to another project, or stands elsewhere */
async function find(session: GcpSession, name: string, number: string): Promise<Bucket | undefined> {
  const what = `looking for the bucket ${name}`
  const answer = await session.call({ service: 'storage', path: `/storage/v1/b/${name}?projection=noAcl` })
  if (answer.status === 404) return undefined
  if (answer.status === 403) throw foreign(session, name)
  if (answer.status !== 200) throw trouble(what, answer)
  const found = parsed(bucketSchema, what, answer)
  if (found.projectNumber !== number) throw foreign(session, name)
  if (found.location.toLowerCase() !== session.location.toLowerCase()) {
    throw new SluiceError('refused', 'user', {
      what: `the bucket ${name} stands in ${found.location.toLowerCase()}, not in ${session.location}`,
      rule: 'the states of an environment lie in its region, as the name of the bucket says',
      remedy:
        'find out what the bucket holds; move that away and delete the bucket, then run bootstrap again',
    })
  }
  return found
}

/** Whole from the first moment. Who is second finds it, and looks whose it is. */
async function create(session: GcpSession, name: string): Promise<void> {
  const body = { name, location: session.location, storageClass: 'STANDARD', ...wantedSettings() }
  const path = `/storage/v1/b?project=${session.project}`
  const answer = await session.call({ service: 'storage', method: 'POST', path, body })
  if (answer.status !== 200 && answer.status !== 409) throw trouble(`making the bucket ${name}`, answer)
}

/** Only over exactly what was found; somebody else's change meanwhile is looked at first. */
async function complete(session: GcpSession, name: string, found: Bucket): Promise<void> {
  const path = `/storage/v1/b/${name}?ifMetagenerationMatch=${found.metageneration}`
  const answer = await session.call({
    service: 'storage',
    method: 'PATCH',
    path,
    body: missingSettings(found),
  })
  if (answer.status !== 200 && answer.status !== 412) throw trouble(`setting the bucket ${name}`, answer)
}

function foreign({ project }: GcpSession, name: string): SluiceError {
  return new SluiceError('refused', 'user', {
    what: `the bucket ${name} does not belong to project ${project}, or may not be seen by it`,
    rule: 'states are written into a bucket of the own project only: whoever owns the bucket reads and changes them',
    remedy: 'find out who made it; if it is yours, the credentials need storage.buckets.get on it',
  })
}

function trouble(what: string, { status, body }: GcpAnswer): SluiceError {
  const known = errorSchema.safeParse(body)
  const text = known.success ? known.data.error.message : JSON.stringify(body).slice(0, 200)
  if (status !== 403) return externalError('service', { what: `${what}: Google answered ${status}: ${text}` })
  return usageError({
    what: `${what}: not permitted: ${text}`,
    remedy: 'use credentials of an owner of the project; only bootstrap needs them',
  })
}

const errorSchema = z.looseObject({ error: z.looseObject({ message: z.string() }) })

function parsed<T extends z.ZodType>(schema: T, what: string, { body }: GcpAnswer): z.infer<T> {
  const answer = schema.safeParse(body)
  if (answer.success) return answer.data
  throw externalError('service', { what: `${what}: Google's answer is not what it documents` }, answer.error)
}
