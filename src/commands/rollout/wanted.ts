import { join } from 'node:path'
import { type Digest, digestOf, type ImageReference, parseImageReference } from '../../domain/digest.ts'
import { type Problem, SluiceError, usageError } from '../../domain/error.ts'
import { type Verdict, verdictSchema } from '../../domain/models/verdict.ts'
import { nearestName } from '../../domain/nearest.ts'
import type { Release } from '../../domain/releases/release.ts'
import { type ImagesFile, imagesFileSchema } from '../../domain/system/images.ts'
import type { System } from '../../domain/system/system.ts'
import type { Files } from '../../runtime/runtime.ts'

/** `NAME=REFERENCE` of `--image`, each by digest: a tag can move between now and the last step (promise R27). */
export function parseImageOptions(
  texts: readonly string[],
  system: Pick<System, 'images'>,
): Readonly<Record<string, ImageReference>> {
  const known = Object.keys(system.images)
  const problems: Problem[] = []
  const images: Record<string, ImageReference> = {}
  for (const text of texts) {
    const [, name = '', reference = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    const parsed = parseImageReference(reference)
    if (!known.includes(name)) {
      const near = nearestName(name, known)
      problems.push({
        what: `--image ${text} names no image of sluice.yml`,
        rule: `images: ${known.join(', ')}`,
        remedy: near === undefined ? 'write --image NAME=REPOSITORY@sha256:...' : `did you mean ${near}?`,
      })
    } else if (parsed === undefined) {
      problems.push({
        what: `--image ${text} has no digest`,
        rule: 'an image is rolled out by digest, because a tag can move on the way',
        remedy: `write --image ${name}=REPOSITORY@sha256:...; "sluice build" prints it`,
      })
    } else images[name] = reference as ImageReference
  }
  const [first, ...rest] = problems
  if (first !== undefined) throw usageError([first, ...rest])
  return images
}

/** images.json, where build has left one. */
export async function readImages(files: Files, state: string): Promise<ImagesFile['images'] | undefined> {
  const path = join(state, 'images.json')
  const bytes = await files.read(path)
  if (bytes === undefined) return undefined
  return parsed(path, bytes, imagesFileSchema, 'run "sluice build" again').images
}

export interface Judged {
  readonly verdict: Verdict
  readonly digest: Digest
}

/** verdict.json, where evaluate has left one, with the digest of the file. */
export async function readVerdicts(files: Files, state: string): Promise<readonly Judged[]> {
  const path = join(state, 'verdict.json')
  const bytes = await files.read(path)
  if (bytes === undefined) return []
  const verdict = parsed(path, bytes, verdictSchema, 'run "sluice evaluate" again')
  return [{ verdict, digest: digestOf(bytes) }]
}

/**
 * Service -> image. With `moved` only these images change and every other service keeps what is live; otherwise all are
 * those of the last build.
 */
export function imagesOfServices(
  system: System,
  built: ImagesFile['images'] | undefined,
  moved: Readonly<Record<string, ImageReference>>,
  live: Release | undefined,
): Readonly<Record<string, ImageReference>> {
  const one = Object.keys(moved).length > 0
  const problems: Problem[] = []
  const images: Record<string, ImageReference> = {}
  for (const { name, image } of Object.values(system.services)) {
    const kept = one ? live?.services[name]?.image : undefined
    const reference = moved[image] ?? kept ?? built?.[image]?.reference
    if (reference !== undefined) images[name] = reference
    else {
      problems.push({
        what: `image ${image} of service ${name} is not built`,
        rule: 'a rollout takes the images of images.json',
        remedy: 'run "sluice build" first',
      })
    }
  }
  const [first, ...rest] = problems
  if (first !== undefined) throw usageError([first, ...rest])
  return images
}

function parsed<T>(path: string, bytes: Uint8Array, schema: { parse(value: unknown): T }, remedy: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    const problem = { what: `${path} is not what Sluice wrote: ${(cause as Error).message}`, remedy }
    throw new SluiceError('usage', 'user', problem, { cause })
  }
}
