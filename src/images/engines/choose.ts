import type { Problem } from '../../domain/error.ts'
import type { Engine } from './engine.ts'
import { isAtLeast } from './version.ts'

/** What the commands of probe.ts printed; null where the command is missing or failed. */
export interface Probes {
  /** BUILDKIT_HOST. */
  readonly address: string | null
  /** `buildctl --version`. */
  readonly buildctl: string | null
  /** `buildctl debug info`. */
  readonly buildkit: string | null
  /** `docker version --format {{json .}}`, also where only the client answered. */
  readonly docker: string | null
  /** Why the daemon did not answer: the last line of docker's errors. */
  readonly trouble: string | null
  /** `docker buildx version`. */
  readonly buildx: string | null
  /** `docker buildx inspect`. */
  readonly builder: string | null
}

export type Choice =
  | { readonly kind: 'chosen'; readonly engine: Engine; readonly why: string }
  | { readonly kind: 'none'; readonly problem: Problem }

const INSTALL =
  'install Docker with its buildx plugin (https://docs.docker.com/engine/install/), or name a BuildKit daemon in BUILDKIT_HOST and install buildctl; an environment with "cloud: local" needs neither'

/** The embedded BuildKit is reached through the client's `DOCKER_BUILDKIT=1` from 18.09 until 20.10; later ones need the plugin. */
const PLUGIN_NEEDED = [23, 0, 0] as const
const EMBEDDED = [18, 9, 0] as const

/** Which engine builds: a daemon that was named, then Docker with buildx, then an old Docker by itself. */
export function chooseEngine(probes: Probes): Choice {
  const { address } = probes
  if (address !== null && address !== '') return namedDaemon(probes, address)
  const docker = dockerVersions(probes.docker)
  if (docker === undefined) {
    return none('no container engine was found: neither docker nor BUILDKIT_HOST', INSTALL)
  }
  if (docker.server === undefined) {
    const trouble = probes.trouble === null ? '' : `: ${probes.trouble}`
    return none(`docker ${docker.client} is there, but its daemon does not answer${trouble}`, DAEMON)
  }
  const plugin = probes.buildx === null ? undefined : /\bv?\d+\.\d+\.\d+\S*/.exec(probes.buildx)?.[0]
  if (plugin !== undefined) {
    const { driver, buildkit } = builderOf(probes.builder ?? '')
    const kind = driver === 'docker' || driver === undefined ? 'buildx-daemon' : 'buildx'
    const why = `the builder in use has the driver ${driver ?? 'docker'}`
    return { kind: 'chosen', engine: { kind, version: plugin, buildkit }, why }
  }
  if (isAtLeast(docker.client, PLUGIN_NEEDED)) {
    return none(
      `docker ${docker.client} has no buildx plugin`,
      'install the plugin (Debian and Ubuntu: docker-buildx-plugin, or docker-buildx): from Docker 23 on nothing else builds with BuildKit',
    )
  }
  if (!isAtLeast(docker.client, EMBEDDED) || !isAtLeast(docker.server, EMBEDDED)) {
    return none(
      `docker ${docker.client} (daemon ${docker.server}) builds without BuildKit`,
      'use Docker 18.09 or newer',
    )
  }
  return {
    kind: 'chosen',
    engine: { kind: 'docker', version: docker.client, buildkit: null },
    why: 'there is no buildx plugin, and this docker needs none',
  }
}

const DAEMON =
  'start it, or say where it is in DOCKER_HOST; an environment with "cloud: local" needs no engine'

function none(what: string, remedy: string): Choice {
  return {
    kind: 'none',
    problem: { what, rule: 'images with "context" are built by a container engine', remedy },
  }
}

function namedDaemon(probes: Probes, address: string): Choice {
  const version = probes.buildctl === null ? undefined : /\bv?\d+\.\d+\.\d+\S*/.exec(probes.buildctl)?.[0]
  if (version === undefined) {
    return none(
      `BUILDKIT_HOST is ${address}, but there is no buildctl`,
      'install buildctl, or unset BUILDKIT_HOST',
    )
  }
  // `BuildKit: github.com/moby/buildkit v0.25.2 <revision>`
  const buildkit = /BuildKit:\s+\S+\s+(v?\d+\.\d+\.\d+\S*)/.exec(probes.buildkit ?? '')?.[1]
  if (buildkit === undefined) {
    return none(`no BuildKit daemon answers at ${address}`, 'start it, or unset BUILDKIT_HOST')
  }
  return {
    kind: 'chosen',
    engine: { kind: 'buildctl', version, buildkit, address },
    why: 'BUILDKIT_HOST names its daemon',
  }
}

function dockerVersions(text: string | null): { client: string; server: string | undefined } | undefined {
  if (text === null) return undefined
  try {
    const value = JSON.parse(text) as {
      Client?: { Version?: unknown }
      Server?: { Version?: unknown } | null
    }
    const client = value.Client?.Version
    const server = value.Server?.Version
    if (typeof client !== 'string') return undefined
    return { client, server: typeof server === 'string' ? server : undefined }
  } catch {
    return undefined
  }
}

/** Of `docker buildx inspect`: the driver of the builder, and the oldest BuildKit of its nodes. */
function builderOf(text: string): { driver: string | undefined; buildkit: string | null } {
  const driver = /^Driver:\s+(\S+)/m.exec(text)?.[1]
  const versions = [...text.matchAll(/^Buildkit(?: version)?:\s+(v?\d\S*)/gim)].map(
    ([, version]) => version ?? '',
  )
  const [first, ...others] = versions
  if (first === undefined) return { driver, buildkit: null }
  const oldest = others.reduce((least, version) => (isOlder(version, least) ? version : least), first)
  return { driver, buildkit: oldest }
}

function isOlder(text: string, than: string): boolean {
  const [major, minor, patch] = than.replace(/^v/, '').split(/[.+-]/).map(Number)
  return !isAtLeast(text, [major ?? 0, minor ?? 0, patch ?? 0])
}
