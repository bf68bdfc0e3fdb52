import { type Digest, isDigest } from '../../domain/digest.ts'
import { usageError } from '../../domain/error.ts'
import { DOCKER_HUB, type ImagePlace, placeOf } from '../../domain/system/image-place.ts'

/** The name of an image at a registry. With neither tag nor digest it names a repository. */
export interface Reference extends ImagePlace {
  readonly tag?: string
  readonly digest?: Digest
}

/** OCI Distribution Spec 1.1, "Pulling manifests": `<name>` and `<reference>`. */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/
/** Of host and repository, for ECR, Docker and most others. */
const LONGEST = 255

export function isTag(text: string): boolean {
  return TAG.test(text)
}

/**
 * `[host/]repository[:tag][@digest]`; without a host it is Docker Hub's.
 * @throws SluiceError usage for anything else.
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const tag = tagged ? named.slice(colon + 1) : undefined
  const { host, repository } = placeOf(tagged ? named.slice(0, colon) : named)
  const refuse = (what: string, rule: string) =>
    usageError({
      what: `image reference ${JSON.stringify(text)} ${what}`,
      rule,
      remedy: 'write it as host/repository:tag or host/repository@sha256:...',
    })
  if (!HOST.test(host)) throw refuse(`has no host: ${host}`, 'a host is a name or an address, with a port')
  if (!NAME.test(repository) || host.length + 1 + repository.length > LONGEST) {
    throw refuse('names no repository', 'lower-case letters, digits and ._- between slashes, 255 at most')
  }
  if (tag !== undefined && !isTag(tag)) throw refuse('has a tag that is none', `a tag is ${TAG.source}`)
  if (digest !== undefined && !isDigest(digest)) {
    throw refuse('has a digest that is none', 'a digest is sha256: and 64 hex digits')
  }
  return {
    host,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** The reference with everything that was left out. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  const end = digest === undefined ? (tag === undefined ? '' : `:${tag}`) : `@${digest}`
  return `${host}/${repository}${end}`
}

const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** Where the API of a registry is: HTTPS, but for this machine itself, as Docker does it. */
export function originOf(host: string): string {
  if (host === DOCKER_HUB) return 'https://registry-1.docker.io'
  return `${isLoopback(host) ? 'http' : 'https'}://${host}`
}
