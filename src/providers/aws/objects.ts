import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { externalError, usageError } from '../../domain/error.ts'
import { jittered } from '../../runtime/poll.ts'
import type { Clock, Random } from '../../runtime/runtime.ts'
import type { ObjectInfo, ObjectStore, Precondition } from '../ports/objects.ts'
import { checkedBody, counted } from './object-body.ts'
import { parseS3Uri, type S3Place, s3Uri } from './object-uri.ts'
import { type AwsSession, settingsFor } from './session.ts'
import { callTrouble, codeOf, type Need, statusOf } from './trouble.ts'

/** A stream goes up in parts of this size, four at a time; 10,000 of them are an object of 156 GiB. */
const PART = 16 * 1024 * 1024
/** A part may need minutes on a slow line; what stands still is given up by the idle time-out. */
const SLOWEST = 10
/** Two conditional writes that meet inside of S3 are answered 409: "retry the upload" (API_PutObject). */
const MEETINGS = 8
const FIRST_PAUSE = 50

export interface S3Objects extends ObjectStore {
  close(): void
}

/**
 * Objects of S3. Every call says whose bucket it must be. Preconditions are S3's own (If-None-Match, If-Match), so of two
 * writers one is told `conflict` whatever either of them saw before.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function openS3Objects(
  session: AwsSession,
  machine: { readonly clock: Clock; readonly random: Random },
): S3Objects {
  const { account, call } = session
  let opened: Promise<Sdk> | undefined
  const sdk = (): Promise<Sdk> => {
    opened ??= openSdk(session)
    return opened
  }
  const at = ({ bucket, key }: S3Place) => ({ Bucket: bucket, Key: key, ExpectedBucketOwner: account })
  const refused = (doing: string, place: S3Place, action: string, error: unknown): Error => {
    call.abortSignal.throwIfAborted()
    return trouble(session, doing, place, action, error)
  }

  /** @returns the etag, or why it was not written. */
  const put = async (
    place: S3Place,
    body: Uint8Array | Readable,
    only: Precondition | undefined,
  ): Promise<{ readonly etag: string } | 'conflict' | 'met'> => {
    const { s3, api } = await sdk()
    const condition =
      only === undefined ? {} : 'absent' in only ? { IfNoneMatch: '*' } : { IfMatch: `"${only.etag}"` }
    const input = { ...at(place), ...condition }
    try {
      const { ETag } =
        body instanceof Uint8Array
          ? await s3.send(new api.PutObjectCommand({ ...input, Body: body }), call)
          : await upload(s3, { ...input, Body: body }, call.abortSignal)
      return { etag: etagOf(ETag, place) }
    } catch (error) {
      const status = statusOf(error)
      if (only !== undefined && status === 412) return 'conflict'
      if (only !== undefined && status === 409) return 'met'
      // If-Match where nothing is.
      if (only !== undefined && 'etag' in only && codeOf(error) === 'NoSuchKey') return 'conflict'
      throw refused('writing', place, 's3:PutObject', error)
    }
  }

  return {
    async read(uri) {
      const place = parseS3Uri(uri)
      const { s3, api } = await sdk()
      try {
        const answer = await s3.send(new api.GetObjectCommand(at(place)), call)
        const size = answer.ContentLength ?? 0
        const body = checkedBody(answer.Body as Readable, size, (error) =>
          refused('reading', place, 's3:GetObject', error),
        )
        return { info: { uri, size, etag: etagOf(answer.ETag, place) }, body }
      } catch (error) {
        if (codeOf(error) === 'NoSuchKey') return undefined
        throw refused('reading', place, 's3:GetObject', error)
      }
    },

    async write(uri, body, only) {
      const place = parseS3Uri(uri)
      const { source, size } = counted(body)
      for (let meeting = 1; ; meeting++) {
        const done = await put(place, source, only)
        if (done === 'conflict') return 'conflict'
        if (done !== 'met') return { uri, size: size(), etag: done.etag }
        // A stream is used up. Whoever it met has written, or will.
        if (!(source instanceof Uint8Array) || meeting === MEETINGS) return 'conflict'
        await machine.clock.sleep(
          jittered(FIRST_PAUSE * 2 ** (meeting - 1), machine.random),
          session.call.abortSignal,
        )
      }
    },

    async *list(prefix) {
      const place = parseS3Uri(prefix)
      const { s3, api } = await sdk()
      let token: string | undefined
      do {
        const { Key: Prefix, ...where } = at(place)
        const query = { ...where, Prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }
        const page = await s3.send(new api.ListObjectsV2Command(query), call).catch((error: unknown) => {
          throw refused('listing', place, 's3:ListBucket', error)
        })
        for (const { Key = '', Size = 0, ETag } of page.Contents ?? []) {
          const found: S3Place = { bucket: place.bucket, key: Key }
          yield { uri: s3Uri(found), size: Size, etag: etagOf(ETag, found) } satisfies ObjectInfo
        }
        token = page.NextContinuationToken
        if (page.IsTruncated === true && token === undefined) throw cutOff(place)
      } while (token !== undefined)
    },

    async remove(uri) {
      const place = parseS3Uri(uri)
      const { s3, api } = await sdk()
      await s3.send(new api.DeleteObjectCommand(at(place)), call).catch((error: unknown) => {
        throw refused('removing', place, 's3:DeleteObject', error)
      })
    },

    close: () => void opened?.then(({ s3 }) => s3.destroy()).catch(() => {}),
  }
}

interface Sdk {
  readonly s3: S3Client
  readonly api: typeof import('./sdk/s3.ts')
}

async function openSdk(session: AwsSession): Promise<Sdk> {
  const api = await import('./sdk/s3.ts')
  const settings = settingsFor(session, 'S3')
  const { requestTimeout } = settings.requestHandler
  const s3 = new api.S3Client({
    ...settings,
    ...(settings.endpoint === undefined ? {} : { forcePathStyle: true }),
    requestHandler: {
      ...settings.requestHandler,
      requestTimeout: requestTimeout * SLOWEST,
      socketTimeout: requestTimeout,
    },
  })
  return { s3, api }
}

async function upload(
  client: S3Client,
  params: { readonly Bucket: string; readonly Key: string; readonly Body: Readable },
  signal: AbortSignal,
): Promise<{ ETag?: string | undefined }> {
  const { Upload } = await import('./sdk/upload.ts')
  const work = new Upload({ client, params, partSize: PART, queueSize: 4 })
  const abort = (): void => void work.abort().catch(() => {})
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    return await work.done()
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function etagOf(etag: string | undefined, place: S3Place): string {
  if (etag !== undefined) return etag.replace(/^"|"$/g, '')
  throw externalError('service', {
    what: `${s3Uri(place)}: the answer has no ETag`,
    rule: 'S3 says with every object which version it is',
    remedy: 'see that what answers for S3 passes its headers on',
  })
}

function cutOff(place: S3Place): Error {
  return externalError('service', {
    what: `listing ${s3Uri(place)}: the list is cut off, and the answer does not say where it goes on`,
    remedy: 'run it again',
  })
}

function trouble(session: AwsSession, doing: string, place: S3Place, action: string, error: unknown): Error {
  const { bucket } = place
  const what = `${doing} ${s3Uri(place)}`
  switch (codeOf(error)) {
    case 'NoSuchBucket':
      return usageError(
        {
          what: `${what}: there is no bucket ${bucket}`,
          rule: 'the buckets of an environment are made by its stacks',
          remedy: 'run "sluice plan" and "sluice apply" of this environment first',
        },
        error,
      )
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
      return usageError(
        {
          what: `${what}: the bucket is not in ${session.region}`,
          rule: 'the data of an environment lies in its region',
          remedy: 'correct "region" in sluice.yml, or copy the data',
        },
        error,
      )
    default:
      return callTrouble(what, needOf(session, place, action), error)
  }
}

function needOf({ account }: AwsSession, { bucket, key }: S3Place, action: string): Need {
  const arn = action === 's3:ListBucket' ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`
  return { action, resource: `${arn} of account ${account}` }
}
