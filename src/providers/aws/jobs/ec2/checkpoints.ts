import { text } from 'node:stream/consumers'
import {
  type Checkpoint,
  checkpointSchema,
  isComplete,
  manifestNumber,
} from '../../../../domain/jobs/checkpoint.ts'
import type { ObjectStore } from '../../../ports/objects.ts'

/** How many a machine is told of: the newest may turn out damaged when its bytes are read. */
const OFFERED = 3
const MANIFEST_LIMIT = 8 * 2 ** 20

export interface Resumption {
  /** Manifests of complete checkpoints, the newest first. */
  readonly resume: readonly string[]
  /** The number of the next one. */
  readonly next: number
}

/** What a new machine of a job goes on from. A torn checkpoint has no manifest, or one that names what is not there. */
export async function findCheckpoints(objects: ObjectStore, place: string): Promise<Resumption> {
  const sizes = new Map<string, number>()
  for await (const { uri, size } of objects.list(place)) sizes.set(uri.slice(place.length), size)
  const numbers = [...sizes.keys()].flatMap((path) => manifestNumber(path) ?? []).sort((a, b) => b - a)
  const resume: string[] = []
  for (const number of numbers) {
    if (resume.length === OFFERED) break
    const path = `manifests/${String(number).padStart(6, '0')}.json`
    if ((sizes.get(path) ?? 0) > MANIFEST_LIMIT) continue
    const manifest = await read(objects, `${place}${path}`)
    if (manifest !== undefined && isComplete(manifest, sizes)) resume.push(`${place}${path}`)
  }
  return { resume, next: (numbers[0] ?? 0) + 1 }
}

/** Of a job that has its result: nobody goes on from them. */
export async function removeCheckpoints(objects: ObjectStore, place: string): Promise<void> {
  const all: string[] = []
  for await (const { uri } of objects.list(place)) all.push(uri)
  for (const uri of all) await objects.remove(uri)
}

async function read(objects: ObjectStore, uri: string): Promise<Checkpoint | undefined> {
  const found = await objects.read(uri)
  if (found === undefined) return undefined
  try {
    return checkpointSchema.safeParse(JSON.parse(await text(found.body))).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
