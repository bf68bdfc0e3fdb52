import { randomUUID } from 'node:crypto'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '../../../domain/digest.ts'
import { SluiceError, usageError } from '../../../domain/error.ts'
import { formatSize } from '../../../domain/quantity.ts'
import type { BuiltImage, Image, MirroredImage } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import { identifyBuild } from '../../../tools/context/identify.ts'
import { placeFiles } from '../../../tools/context/placement.ts'
import { finalStage, type StageResult } from '../../../tools/dockerfile/evaluate.ts'
import { diskProblem } from '../../../tools/oci/disk.ts'
import type { Descriptor } from '../../../tools/oci/documents.ts'
import { fingerprintTag } from '../../../tools/oci/fingerprint-tag.ts'
import type { LayerEntry } from '../../../tools/oci/layer.ts'
import { FINGERPRINT } from '../../../tools/oci/media-types.ts'
import { provenanceLabels } from '../../../tools/oci/provenance.ts'
import { publishImage } from '../../../tools/oci/publish.ts'
import type { ProviderContext } from '../../provider.ts'
import { withLock } from '../file-lock.ts'
import { imageConfig } from './image-config.ts'
import { installEnvironment, runInstall } from './install.ts'
import { layerOfContext, layerOfFolder, writeFiles } from './layer-files.ts'
import { limitations } from './limitations.ts'
import { layoutOf } from './places.ts'
import type { ImagesOptions } from './store.ts'

/**
 * Makes an image from its context alone.
 * @throws SluiceError stale where the context is not the one of this fingerprint, any more or from the start.
 */
export async function publishBuilt(
  context: ProviderContext,
  image: BuiltImage,
  fingerprint: Digest,
  options: ImagesOptions,
): Promise<Descriptor> {
  const identify = () => identifyBuild(image, { ...context, builder: 'local', bases: {} })
  const confirm = async (): Promise<void> => held(image, fingerprint, (await identify()).fingerprint)
  const { fingerprint: current, context: files, placement } = await identify()
  held(image, fingerprint, current)
  for (const text of limitations(image, files, placement)) {
    context.runtime.log.emit(message('notice', text))
  }
  const layer = layerOfContext(files, placeFiles(files, placement))
  const stage = finalStage(files.stages)
  return publishLayer(context, image, stage, fingerprint, layer, { ...options, confirm })
}

/** Without an engine nothing is copied from the upstream registry: `local` says what runs in its place. */
export async function publishMirrored(
  context: ProviderContext,
  image: MirroredImage,
  fingerprint: Digest,
  options: ImagesOptions,
): Promise<Descriptor> {
  if (image.local?.run === undefined) {
    throw usageError({
      what: `image ${image.name} mirrors ${image.source}, which cannot run without a container engine`,
      rule: 'cloud local runs processes of this machine',
      remedy: `say how it starts here: images.${image.name}.local: { run: [command, argument, ...] }`,
    })
  }
  const text = `${image.name}: ${image.source} is not copied; local.run starts in its place`
  context.runtime.log.emit(message('notice', text))
  return publishLayer(context, image, undefined, fingerprint, [], options)
}

interface LayerOptions extends ImagesOptions {
  readonly confirm?: () => Promise<void>
}

async function publishLayer(
  context: ProviderContext,
  image: Image,
  stage: StageResult | undefined,
  fingerprint: Digest,
  layer: readonly LayerEntry[],
  { disk, confirm }: LayerOptions,
): Promise<Descriptor> {
  const { runtime, root, state } = context
  const labels = { ...(await provenanceLabels(runtime, root)), [FINGERPRINT]: fingerprint }
  const publish = (entries: readonly LayerEntry[]): Promise<Descriptor> =>
    publishImage(
      layoutOf(state, image.name),
      {
        layer: entries,
        // Plain tar: its bytes depend on no version of zlib, and unpacking is a copy.
        compression: 'none',
        ...platformOf(image),
        config: imageConfig(stage, image.local, labels),
        createdBy: 'sluice build (without a container engine)',
        tag: fingerprintTag(fingerprint),
        annotations: { [FINGERPRINT]: fingerprint },
      },
      {
        clock: runtime.clock,
        lock: withLock,
        signal: runtime.signals.cancelled,
        onBytes: bytesTold(context, image, entries),
        ...(disk === undefined ? {} : { disk }),
        ...(confirm === undefined ? {} : { confirm }),
      },
    )
  return image.local?.install === undefined
    ? publish(layer)
    : withInstalled(context, image, stage, layer, publish)
}

/** Lays the files out in a folder of their own, installs there, and hands over what is there afterwards. */
async function withInstalled<T>(
  { runtime, state }: ProviderContext,
  image: Image,
  stage: StageResult | undefined,
  layer: readonly LayerEntry[],
  use: (entries: readonly LayerEntry[]) => Promise<T>,
): Promise<T> {
  const staging = join(state, 'cloud', 'staging', `${image.name}-${randomUUID()}`)
  try {
    await mkdir(staging, { recursive: true })
    const folder = await realpath(staging)
    await writeFiles(layer, folder)
    const cwd = join(folder, stage?.workdir ?? '/')
    await mkdir(cwd, { recursive: true })
    const env = installEnvironment(runtime.env, image, stage?.env ?? {}, process.execPath)
    for (const name of image.kind === 'build' ? Object.values(image.secrets) : []) {
      const value = runtime.env[name]
      if (value) runtime.log.emit({ kind: 'mask', value })
    }
    await runInstall(runtime, image, cwd, env)
    const what = `what images.${image.name}.local.install left`
    return await use(await layerOfFolder(folder, what, runtime.signals.cancelled))
  } catch (error) {
    throw diskProblem(error, staging)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** What an install command left runs on this machine's kind only. */
function platformOf(image: Image): { os: string; architecture: string } {
  if (image.kind === 'build' && image.local?.install === undefined) {
    const [os = 'linux', architecture = 'amd64'] = (image.platforms[0] ?? '').split('/')
    return { os: os === '' ? 'linux' : os, architecture }
  }
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  return { os: process.platform === 'win32' ? 'windows' : process.platform, architecture }
}

function held(image: Image, expected: Digest, found: Digest): void {
  if (expected === found) return
  throw new SluiceError('stale', 'user', {
    what: `the build context of image ${image.name} changed: its fingerprint is ${found}, not ${expected}`,
    rule: 'an image is made of the files that its fingerprint was taken of',
    remedy: 'let other programs finish, then build again',
  })
}

/** So many bytes between two events. */
const STEP = 32 * 1024 * 1024

function bytesTold(
  { runtime }: ProviderContext,
  image: Image,
  entries: readonly LayerEntry[],
): (bytes: number) => void {
  const total = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0)
  let done = 0
  let told = 0
  return (bytes) => {
    done += bytes
    if (done - told < STEP) return
    told = done
    runtime.log.emit({
      kind: 'progress',
      task: `image ${image.name}`,
      state: 'running',
      text: `writing ${image.name} (${formatSize(total)})`,
      done: Math.min(done, total),
      total,
      unit: 'bytes',
    })
  }
}
