import { join } from 'node:path'
import type { Digest } from '../../domain/digest.ts'
import type { BuiltImage, Image } from '../../domain/system/system.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { imagesOf } from '../dockerfile/images.ts'
import { type BuildContext, openContext } from './context.ts'
import { buildFingerprint, contentIds, mirrorFingerprint } from './fingerprint.ts'
import { type Placement, placementOf } from './placement.ts'

/** An image as it is to be built, and its key. */
export interface Identity {
  readonly fingerprint: Digest
  readonly context: BuildContext
  /** Digests of the images that the Dockerfile names. */
  readonly bases: Readonly<Record<string, Digest>>
  /** Where files lie if no container engine builds it. */
  readonly placement: Placement
}

export interface IdentifyOptions {
  readonly runtime: Pick<Runtime, 'exec' | 'files' | 'clock' | 'env' | 'log' | 'signals'>
  /** Absolute path of the folder of sluice.yml. */
  readonly root: string
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
  /** `local`: made without a container engine, as `images.NAME.local` says. */
  readonly builder: 'local' | 'engine'
  /** Digests of base images; none where FROM does not apply. */
  readonly bases: Readonly<Record<string, Digest>>
  /** In place of `bases`: the digest that a name of an image has now. */
  readonly resolve?: ((reference: string) => Promise<Digest>) | undefined
}

/** @throws SluiceError usage for every problem of context and Dockerfile; stale where files change meanwhile. */
export async function identifyBuild(image: BuiltImage, options: IdentifyOptions): Promise<Identity> {
  const { runtime, root, state, builder, resolve } = options
  const context = await openContext({
    image,
    root,
    signal: runtime.signals.cancelled,
    ...(builder === 'local' ? { view: viewWithoutEngine } : {}),
  })
  const cache = join(state, 'cache', `contents-${image.name}.json`)
  const [ids, bases] = await Promise.all([
    contentIds(runtime, context, cache),
    resolve === undefined ? options.bases : basesOf(context, resolve),
  ])
  const definition = { image, bases, ...(builder === 'local' ? { local: image.local ?? {} } : {}) }
  return {
    fingerprint: buildFingerprint(definition, context, ids),
    context,
    bases,
    placement: placementOf(context.stages),
  }
}

/** The key of any image; see identifyBuild. */
export async function fingerprintOf(image: Image, options: IdentifyOptions): Promise<Digest> {
  if (image.kind === 'build') return (await identifyBuild(image, options)).fingerprint
  const upstream = (await options.resolve?.(image.source)) ?? null
  return mirrorFingerprint(image, upstream, options.builder === 'local' ? (image.local ?? {}) : undefined)
}

async function basesOf(
  { stages }: BuildContext,
  resolve: (reference: string) => Promise<Digest>,
): Promise<Readonly<Record<string, Digest>>> {
  const found = await Promise.all(imagesOf(stages).map(async (name) => [name, await resolve(name)] as const))
  return Object.fromEntries(found)
}

function viewWithoutEngine(stages: BuildContext['stages']): 'dockerfile' | 'whole' {
  return placementOf(stages).kind === 'whole' ? 'whole' : 'dockerfile'
}
