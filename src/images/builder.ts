import { readFile } from 'node:fs/promises'
import type { Digest } from '../domain/digest.ts'
import { SluiceError, usageError } from '../domain/error.ts'
import type { BuiltImage } from '../domain/system/system.ts'
import { message } from '../runtime/events.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type Identity, identifyBuild } from '../tools/context/identify.ts'
import { parseDockerfile } from '../tools/dockerfile/parse.ts'
import { fingerprintTag } from '../tools/oci/fingerprint-tag.ts'
import { FINGERPRINT } from '../tools/oci/media-types.ts'
import { provenanceLabels } from '../tools/oci/provenance.ts'
import { readBases } from './bases.ts'
import { chooseEngine } from './engines/choose.ts'
import { type Engine, engineName, pushesByDigest } from './engines/engine.ts'
import { cacheTag, writtenOnce } from './engines/layer-cache.ts'
import { type Login, writeLogins } from './engines/login.ts'
import type { BuildOrder } from './engines/order.ts'
import { pinDockerfile } from './engines/pin.ts'
import { missingPlatforms } from './engines/platforms.ts'
import { probeEngines } from './engines/probe.ts'
import { pushTag, runBuild } from './engines/run.ts'
import { type BuildSettings, buildSettings } from './engines/settings.ts'
import { type Staging, stage } from './engines/staging.ts'
import { distrust, type Trust, trustOf } from './engines/trust.ts'
import type { CredentialSource } from './registry/credentials.ts'
import { parseReference } from './registry/reference.ts'
import type { Registry } from './registry-port.ts'
import { requireRoom } from './space.ts'

export interface BuilderOptions {
  readonly runtime: Runtime
  readonly root: string
  readonly state: string
  readonly registry: Pick<Registry, 'head' | 'read'>
  readonly credentials: CredentialSource
  readonly resolve: (reference: string) => Promise<Digest>
  /** Hosts whose repositories belong to the stack `foundation`: their tags never move. */
  readonly foundation?: readonly string[]
}

export interface Builder {
  /**
   * Builds and pushes; the digest of what is in the repository then.
   * @throws SluiceError usage where there is no engine, or one that may not build this; stale where the context changed.
   */
  build(image: BuiltImage, fingerprint: Digest, repository: string): Promise<Digest>
}

/** One engine for all images of a run, looked for when the first one is built. */
export function openBuilder(options: BuilderOptions): Builder {
  const { runtime, root, state, resolve } = options
  const identify = (image: BuiltImage): Promise<Identity> =>
    identifyBuild(image, { runtime, root, state, builder: 'engine', bases: {}, resolve })
  let found: Promise<Engine> | undefined

  return {
    async build(image, fingerprint, repository) {
      const { runtime: machine } = options
      const identity = await identify(image)
      held(image, fingerprint, identity.fingerprint)
      found ??= findEngine(machine)
      const engine = await found
      const { context, bases } = identity
      const text = Buffer.from(context.dockerfile).toString('utf8')
      const dockerfile = parseDockerfile(text, context.file)
      const trust = trustOf(machine.env, await githubEvent(machine.env))
      const [first, ...others] = distrust(trust, engine, {
        image,
        file: context.file,
        syntax: dockerfile.syntax,
      })
      if (first !== undefined) throw new SluiceError('refused', 'user', [first, ...others])
      severalPlatforms(engine, image)
      const read = await readBases(options.registry, bases)
      const offered = Object.fromEntries(read.map(({ name, platforms }) => [name, platforms]))
      const unfit = missingPlatforms(image, dockerfile, context.stages, offered)
      if (unfit !== undefined) throw usageError(unfit)
      const sizes = read.reduce((sum, { size }) => sum + size, 0)
      await requireRoom(machine, engine, image, { bases: sizes, context: sizeOf(identity) })
      await using staging = await stage(
        image,
        context,
        pinDockerfile(text, dockerfile, context.stages, bases),
      )
      await writeLogins(
        staging.config,
        machine.env,
        await loginsFor(options.credentials, [repository, ...Object.keys(bases)]),
      )
      const order = await orderOf(options, { image, fingerprint, repository, identity, staging, trust })
      const task = `image ${image.name}`
      const tell = (state: 'running' | 'done' | 'failed', what: string): void =>
        machine.log.emit({ kind: 'progress', task, state, text: what })
      tell('running', `building ${image.name}`)
      try {
        const confirm = async (): Promise<void> =>
          held(image, fingerprint, (await identify(image)).fingerprint)
        const digest = await buildAndPush(options, engine, order, staging, confirm)
        tell('done', `built ${image.name}`)
        return digest
      } catch (error) {
        tell('failed', `${image.name} was not built`)
        throw error
      }
    },
  }
}

/** What was built is pushed only if the context is still the one of the fingerprint. */
async function buildAndPush(
  { runtime, registry }: BuilderOptions,
  engine: Engine,
  order: BuildOrder,
  { config }: Staging,
  confirm: () => Promise<void>,
): Promise<Digest> {
  const pushed = await runBuild(runtime, engine, order, config)
  await confirm()
  if (pushed !== undefined) return pushed
  const name = `${order.repository}:${order.tag}`
  let digest: Digest | 'immutable'
  try {
    digest = await pushTag(runtime, order, config)
  } catch (error) {
    // Somebody else may have pushed the same content meanwhile.
    const theirs = await registry.head(name).catch(() => undefined)
    if (theirs === undefined) throw error
    return theirs.digest
  }
  const there = await registry.head(name)
  if (there !== undefined) return there.digest
  throw new SluiceError('external', 'service', {
    what: `${name}, which was just pushed as ${digest}, is not there`,
    remedy: 'build again; if it stays so, look at the lifecycle rules of the repository',
  })
}

async function findEngine(runtime: Runtime): Promise<Engine> {
  const choice = chooseEngine(await probeEngines(runtime))
  switch (choice.kind) {
    case 'none':
      throw usageError(choice.problem)
    case 'chosen':
      runtime.log.emit(message('info', `images are built by ${engineName(choice.engine)}: ${choice.why}`))
      return choice.engine
    default:
      return choice satisfies never
  }
}

function held(image: BuiltImage, expected: Digest, found: Digest): void {
  if (expected === found) return
  throw new SluiceError('stale', 'user', {
    what: `the build context of image ${image.name} changed: its fingerprint is ${found}, not ${expected}`,
    rule: 'an image is made of the files that its fingerprint was taken of',
    remedy: 'let other programs finish, then build again',
  })
}

function severalPlatforms(engine: Engine, { name, platforms }: BuiltImage): void {
  if (platforms.length < 2 || pushesByDigest(engine)) return
  throw usageError({
    what: `image ${name} is made for ${platforms.join(', ')}, and ${engineName(engine)} builds for one platform`,
    rule: 'several platforms need a builder of their own',
    remedy: 'run "docker buildx create --use --driver docker-container", or name one platform',
  })
}

interface OrderParts {
  readonly image: BuiltImage
  readonly fingerprint: Digest
  readonly repository: string
  readonly identity: Identity
  readonly staging: Staging
  readonly trust: Trust
}

async function orderOf(
  options: BuilderOptions,
  { image, fingerprint, repository, identity, staging, trust }: OrderParts,
): Promise<BuildOrder> {
  const { runtime, root } = options
  const { target, args, secrets, ssh, platforms } = image
  const settings = await settingsOf(options, image, repository, identity, trust)
  return {
    image: image.name,
    context: identity.context.root,
    dockerfile: staging.dockerfile,
    metadata: staging.metadata,
    repository,
    tag: fingerprintTag(fingerprint),
    ...(target === undefined ? {} : { target }),
    args,
    secrets,
    ssh,
    platforms,
    labels: { ...(await provenanceLabels(runtime, root)), [FINGERPRINT]: fingerprint },
    ...settings,
  }
}

async function settingsOf(
  { runtime, registry, foundation = [] }: BuilderOptions,
  image: BuiltImage,
  repository: string,
  { context, bases }: Identity,
  trust: Trust,
): Promise<BuildSettings> {
  const stays = (reference: string): boolean => foundation.includes(parseReference(reference).host)
  const { dockerfile } = context
  const tag = cacheTag(stays(repository) ? 'stay' : 'move', { image, dockerfile, bases })
  const settings = buildSettings(runtime.env, `${repository}:${tag}`, trust)
  const { cache } = settings
  if (cache.kind === 'none' || cache.access === 'read' || !stays(cache.reference)) return settings
  return { ...settings, cache: writtenOnce(cache, (await registry.head(cache.reference)) !== undefined) }
}

/** For the engine's own client, which pulls bases and pushes; each host once. */
async function loginsFor(
  credentials: CredentialSource,
  references: readonly string[],
): Promise<readonly Login[]> {
  const hosts = [...new Set(references.map((reference) => parseReference(reference).host))]
  const found = await Promise.all(hosts.map(async (host) => ({ host, login: await credentials.of(host) })))
  return found.flatMap(({ host, login }) => (login === undefined ? [] : [{ host, ...login }]))
}

function sizeOf({ context }: Identity): number {
  return context.entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0)
}

/** The event of GITHUB_EVENT_PATH; undefined where there is none. */
async function githubEvent(env: Runtime['env']): Promise<unknown> {
  try {
    return JSON.parse(await readFile(env['GITHUB_EVENT_PATH'] ?? '', 'utf8'))
  } catch {
    return undefined
  }
}
