/** What a name of an image without a host belongs to. */
export const DOCKER_HUB = 'docker.io'
const HUB_NAMES: ReadonlySet<string> = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io'])

export interface ImagePlace {
  /** `docker.io`, `ghcr.io`, `127.0.0.1:5000`. */
  readonly host: string
  /** Without the host: `library/postgres`. */
  readonly repository: string
}

/**
 * Where an image is kept, by its name without tag and digest. A first part with a dot or a port, or `localhost`, is a host;
 * everything else is at Docker Hub, where a name of one part belongs to `library`
 * (https://github.com/distribution/reference/blob/v0.6.0/normalize.go).
 */
export function placeOf(name: string): ImagePlace {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isHost = first === 'localhost' || first !== first.toLowerCase() || /[.:]/.test(first)
  const host = isHost ? first : DOCKER_HUB
  const rest = isHost ? name.slice(slash + 1) : name
  if (!HUB_NAMES.has(host)) return { host, repository: rest }
  return { host: DOCKER_HUB, repository: rest.includes('/') ? rest : `library/${rest}` }
}

/** Where a mirrored image comes from: `ghcr.io` and `mlflow/mlflow` of `ghcr.io/mlflow/mlflow:v3.4.0`. */
export function upstreamOf(source: string): ImagePlace {
  const named = source.replace(/@.*$/, '')
  return placeOf(named.replace(/:[^:/]*$/, ''))
}
