import { type Digest, imageReference, parseImageReference } from '../domain/digest.ts'
import { externalError, SluiceError, usageError } from '../domain/error.ts'
import { given } from '../domain/given.ts'
import type { Named } from '../domain/named.ts'
import type { ImageRecord } from '../domain/system/images.ts'
import type { BuiltImage, MirroredImage, System } from '../domain/system/system.ts'
import type { ImageStore } from '../providers/ports/images.ts'
import { message } from '../runtime/events.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { mirrorFingerprint } from '../tools/context/fingerprint.ts'
import { fingerprintTag } from '../tools/oci/fingerprint-tag.ts'
import type { Builder } from './builder.ts'
import { type CredentialSource, firstOf } from './registry/credentials.ts'
import { dockerLogins } from './registry/docker-config.ts'
import { openRegistry, type RegistryClient } from './registry/index.ts'
import { parseReference } from './registry/reference.ts'
import type { Timeouts } from './registry/wire.ts'

export interface ImageStoreOptions {
  readonly runtime: Runtime
  readonly system: System
  /** Absolute path of the folder that holds sluice.yml. */
  readonly root: string
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
  /** Image -> repository, as targets.json names it. */
  readonly registries: Named<string>
  /** Asked before the logins of `docker login`. */
  readonly credentials?: CredentialSource
  /** Hosts whose repositories belong to the stack `foundation`: their tags never move. */
  readonly foundation?: readonly string[]
  /** Whether repositories of images with `remote` fetch from upstream by themselves. */
  readonly remote?: boolean
  /** How long a registry is waited for. */
  readonly timeouts?: Partial<Timeouts>
}

/** What the services and jobs of both clouds run on, unless an image that is built says otherwise. */
const PLATFORM = 'linux/amd64'

export interface RegistryImageStore extends ImageStore {
  resolve(reference: string): Promise<Digest>
  close(): Promise<void>
}

/**
 * Images in a registry, built by a container engine of this machine. A fingerprint is a tag there (`fp-<hex>`), so knowing an
 * image costs one HEAD; everything handed on is a digest.
 */
export function openImageStore(options: ImageStoreOptions): RegistryImageStore {
  const { runtime, system, registries, foundation, timeouts } = options
  const logins = dockerLogins(runtime)
  const credentials = options.credentials === undefined ? logins : firstOf(options.credentials, logins)
  const registry = openRegistry(runtime, { credentials, ...given({ foundation, timeouts }) })
  const resolve = resolver(registry)
  let builder: Promise<Builder> | undefined
  const remoteOf = (name: string): MirroredImage | undefined => {
    const image = system.images[name]
    return options.remote === true && image?.kind === 'mirror' && image.remote === true ? image : undefined
  }
  const repositoryOf = (name: string): string => {
    const repository = registries[name]
    if (repository !== undefined) return repository
    throw new SluiceError('stale', 'user', {
      what: `there is no repository for image ${name}`,
      rule: 'repositories belong to the stack foundation',
      remedy: `run "sluice plan --env ${system.environment.name}" and "sluice apply" first, then build`,
    })
  }
  /** What a repository fetches has no tag of ours: the fingerprint says which digest is wanted, and to ask for it fetches it. */
  const fetched = async (image: MirroredImage, fingerprint: Digest): Promise<ImageRecord | undefined> => {
    const digest = await resolve(image.source)
    if (mirrorFingerprint(image, digest) !== fingerprint) return undefined
    const reference = imageReference(repositoryOf(image.name), digest)
    const found = await registry.read(reference)
    if (found === undefined) return undefined
    await registry.requirePlatforms(reference, [PLATFORM])
    const tag = fingerprintTag(fingerprint)
    return { reference, digest, fingerprint, tag, platforms: [...found.platforms], how: 'known' }
  }

  const known = async (name: string, fingerprint: Digest): Promise<ImageRecord | undefined> => {
    const fetching = remoteOf(name)
    if (fetching !== undefined) return fetched(fetching, fingerprint)
    const repository = repositoryOf(name)
    const tag = fingerprintTag(fingerprint)
    const found = await registry.head(`${repository}:${tag}`)
    if (found === undefined) return undefined
    const reference = imageReference(repository, found.digest)
    const image = system.images[name]
    const platforms =
      image?.kind === 'build' ? image.platforms : ((await registry.read(reference))?.platforms ?? [])
    return { reference, digest: found.digest, fingerprint, tag, platforms: [...platforms], how: 'known' }
  }

  /** The tag is there already where somebody else was faster: theirs is the image then. */
  const recorded = async (
    name: string,
    fingerprint: Digest,
    how: 'built' | 'mirrored',
    digest: Digest,
  ): Promise<ImageRecord> => {
    const repository = repositoryOf(name)
    const tag = fingerprintTag(fingerprint)
    const reference = imageReference(repository, digest)
    const before = await registry.head(`${repository}:${tag}`)
    if (before === undefined) await registry.tag(reference, tag)
    const found = await known(name, fingerprint)
    if (found === undefined) {
      throw externalError('service', {
        what: `${repository} does not have the tag ${tag} that was just given to ${digest}`,
        remedy: 'build again; if it stays so, look at the lifecycle rules of the repository',
      })
    }
    if (found.digest !== digest) {
      const text = `image ${name}: somebody else built the same content at the same time; ${found.reference} is used`
      runtime.log.emit(message('info', text))
      return found
    }
    return { ...found, how }
  }

  const publishBuilt = async (image: BuiltImage, fingerprint: Digest): Promise<ImageRecord> => {
    // Loaded when something is to be built: most runs find that nothing is.
    builder ??= import('./builder.ts').then(({ openBuilder }) =>
      openBuilder({ ...options, registry, credentials, resolve }),
    )
    const digest = await (await builder).build(image, fingerprint, repositoryOf(image.name))
    return recorded(image.name, fingerprint, 'built', digest)
  }

  const publishMirrored = async (image: MirroredImage, fingerprint: Digest): Promise<ImageRecord> => {
    const digest = await resolve(image.source)
    const { host, repository } = parseReference(image.source)
    const source = imageReference(`${host}/${repository}`, digest)
    await registry.requirePlatforms(source, [PLATFORM])
    await registry.mirror(source, repositoryOf(image.name))
    return recorded(image.name, fingerprint, 'mirrored', digest)
  }

  return {
    resolve,
    find: known,

    publish: (image, fingerprint) =>
      inTurn(`${repositoryOf(image.name)}:${fingerprint}`, async () => {
        // Whoever asks twice, or after a lost answer, gets what is there (promise R28).
        const found = await known(image.name, fingerprint)
        if (found !== undefined) return { ...found, how: image.kind === 'build' ? 'built' : 'mirrored' }
        if (image.kind === 'build') return publishBuilt(image, fingerprint)
        if (remoteOf(image.name) !== undefined) throw notFetched(image, repositoryOf(image.name))
        return publishMirrored(image, fingerprint)
      }),

    async inspect(reference, depth) {
      if (parseImageReference(reference) === undefined) return undefined
      return registry.read(reference, { layers: depth === 'whole' })
    },

    close: () => registry.close(),
  }
}

function notFetched({ source }: MirroredImage, repository: string): Error {
  return externalError('service', {
    what: `${repository} does not fetch ${source}`,
    rule: 'a remote repository reads a public registry, without a login',
    remedy: `see that anybody may pull ${source}; without "remote: true" it is copied`,
  })
}

/** A tag is asked for once in a run, so that moving it meanwhile changes nothing (promise R27). */
function resolver(registry: RegistryClient): (reference: string) => Promise<Digest> {
  const asked = new Map<string, Promise<Digest>>()
  const ask = async (reference: string): Promise<Digest> => {
    const { digest } = parseReference(reference)
    if (digest !== undefined) return digest
    const found = await registry.head(reference)
    if (found !== undefined) return found.digest
    throw usageError({
      what: `there is no image ${reference}`,
      rule: 'a Dockerfile starts from images that exist, and a mirror copies one',
      remedy: 'correct the name or the tag; a private registry needs "docker login" first',
    })
  }
  return (reference) => {
    const before = asked.get(reference)
    if (before !== undefined) return before
    const answer = ask(reference)
    asked.set(reference, answer)
    return answer
  }
}

const turns = new Map<string, Promise<unknown>>()

/** A daemon that is told the same tag twice at once pushes neither image whole. */
async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(key) ?? Promise.resolve()).then(work)
  const settled = turn.catch(() => {})
  turns.set(key, settled)
  try {
    return await turn
  } finally {
    if (turns.get(key) === settled) turns.delete(key)
  }
}
