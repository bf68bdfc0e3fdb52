import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { readJson, replaceFile } from '../json-file.ts'
import { type Body, removeBlobs, type Written, writeBlob } from './blob.ts'
import type { Bucket } from './bucket.ts'
import { type ByteKey, byteKey } from './key-path.ts'
import { type PutResult, placeObject, type Refused } from './object.ts'
import { type Attributes, attributesSchema, blobSchema, type ChecksumAlgorithm, type Only } from './record.ts'

const uploadSchema = z.strictObject({
  schema: z.literal('sluice.upload/v1'),
  key: z.string(),
  attributes: attributesSchema,
  /** Milliseconds since the epoch. */
  at: z.number(),
})
const partSchema = z.strictObject({ etag: z.string(), at: z.number(), blob: blobSchema })

export interface Upload {
  readonly id: string
  readonly key: ByteKey
  readonly attributes: Attributes
  readonly at: number
}

export type Part = z.infer<typeof partSchema> & { readonly number: number }

/** Of all parts but the last, as S3 has it. */
export const SMALLEST_PART = 5 * 1024 * 1024

export async function startUpload(
  bucket: Bucket,
  key: string,
  attributes: Attributes,
  at: number,
): Promise<string> {
  const id = randomUUID()
  const upload = { schema: 'sluice.upload/v1', key, attributes, at } as const
  await mkdir(join(folderOf(bucket, id), 'parts'), { recursive: true })
  await replaceFile(join(folderOf(bucket, id), 'upload.json'), JSON.stringify(upload))
  return id
}

export async function findUpload(bucket: Bucket, id: string): Promise<Upload | undefined> {
  if (!z.uuid().safeParse(id).success) return undefined
  const upload = await readJson(join(folderOf(bucket, id), 'upload.json'), uploadSchema)
  const key = upload === undefined ? undefined : byteKey(upload.key)
  return upload === undefined || key === undefined
    ? undefined
    : { id, key, attributes: upload.attributes, at: upload.at }
}

/** The same number again takes the place of the earlier part. */
export async function putPart(
  bucket: Bucket,
  upload: Upload,
  number: number,
  body: Body,
  at: () => number,
  options: { readonly algorithm?: ChecksumAlgorithm; readonly check?: (written: Written) => void },
): Promise<Part> {
  const { algorithm } = options
  const written = await writeBlob(bucket, body, algorithm === undefined ? [] : [algorithm])
  const path = partPath(bucket, upload, number)
  try {
    options.check?.(written)
    // Where the upload was aborted meanwhile its folder is gone, and must not come back.
    await stat(folderOf(bucket, upload.id))
    const before = await readJson(path, partSchema)
    const part = { etag: written.md5, at: at(), blob: written.blob }
    await replaceFile(path, JSON.stringify(part))
    if (before !== undefined) await removeBlobs(bucket, [before.blob])
    return { ...part, number }
  } catch (error) {
    await removeBlobs(bucket, [written.blob])
    throw error
  }
}

/** By number, rising. */
export async function partsOf(bucket: Bucket, upload: Upload): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const name of await namesIn(join(folderOf(bucket, upload.id), 'parts'))) {
    const number = Number(/^(\d+)\.json$/.exec(name)?.[1])
    const part = Number.isNaN(number)
      ? undefined
      : await readJson(partPath(bucket, upload, number), partSchema)
    if (part !== undefined) parts.push({ ...part, number })
  }
  return parts.sort((a, b) => a.number - b.number)
}

export type Choice = readonly { readonly number: number; readonly etag: string }[]

/** Which parts make the object; a word where S3 refuses the list. */
export function chooseParts(
  parts: readonly Part[],
  choice: Choice,
): readonly Part[] | 'InvalidPart' | 'InvalidPartOrder' | 'EntityTooSmall' {
  if (choice.some((part, index) => index > 0 && part.number <= (choice[index - 1]?.number ?? 0)))
    return 'InvalidPartOrder'
  const chosen = choice.map(({ number, etag }) => parts.find((p) => p.number === number && p.etag === etag))
  if (chosen.length === 0 || !chosen.every((part) => part !== undefined)) return 'InvalidPart'
  if (chosen.slice(0, -1).some((part) => part.blob.size < SMALLEST_PART)) return 'EntityTooSmall'
  return chosen
}

/** The object takes the parts' blobs as they are; nothing is copied. A refused upload stays as it was. */
export async function completeUpload(
  bucket: Bucket,
  upload: Upload,
  chosen: readonly Part[],
  at: () => number,
  only?: Only,
): Promise<PutResult | Refused> {
  const blobs = chosen.map((part) => part.blob)
  const content = {
    ...upload.attributes,
    size: blobs.reduce((sum, blob) => sum + blob.size, 0),
    etag: multipartEtag(chosen.map((part) => part.etag)),
    blobs,
  }
  const placed = await placeObject(bucket, upload.key, content, at, only, 'keep')
  // Blobs of parts that were not chosen are left to the sweep.
  if (typeof placed !== 'string') await rm(folderOf(bucket, upload.id), { recursive: true, force: true })
  return placed
}

/** The blobs are left to the sweep: after a kill they may belong to the object already. */
export async function abortUpload(bucket: Bucket, upload: Upload): Promise<void> {
  await rm(folderOf(bucket, upload.id), { recursive: true, force: true })
}

export async function uploadsOf(bucket: Bucket): Promise<readonly Upload[]> {
  const found = await Promise.all(
    (await namesIn(join(bucket.folder, 'uploads'))).map((id) => findUpload(bucket, id)),
  )
  return found.filter((upload) => upload !== undefined)
}

/** md5 over the parts' binary md5s, then `-` and their number. */
export function multipartEtag(etags: readonly string[]): string {
  const bytes = Buffer.concat(etags.map((etag) => Buffer.from(etag, 'hex')))
  return `${createHash('md5').update(bytes).digest('hex')}-${etags.length}`
}

function folderOf(bucket: Bucket, id: string): string {
  return join(bucket.folder, 'uploads', id)
}

function partPath(bucket: Bucket, upload: Upload, number: number): string {
  return join(folderOf(bucket, upload.id), 'parts', `${number}.json`)
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
