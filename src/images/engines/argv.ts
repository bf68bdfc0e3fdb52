import { basename, dirname } from 'node:path'
import type { Argv } from '../../runtime/runtime.ts'
import type { Engine } from './engine.ts'
import type { BuildOrder, Cache } from './order.ts'
import { requireSound } from './sound.ts'

/**
 * The command of one build. Every value stands behind its own `--option=` or after `--`, so none can become an option;
 * secrets are named, never given (promises R2, R5).
 *
 * @throws SluiceError usage, see requireSound, and for what this engine cannot do.
 */
export function buildArgv(engine: Engine, order: BuildOrder): Argv {
  requireSound(order)
  switch (engine.kind) {
    case 'buildx':
    case 'buildx-daemon':
      return buildxArgv(engine.kind, order)
    case 'docker':
      return dockerArgv(order)
    case 'buildctl':
      return buildctlArgv(engine.address, order)
    default:
      return engine satisfies never
  }
}

/** @see https://docs.docker.com/reference/cli/docker/buildx/build/ */
function buildxArgv(kind: 'buildx' | 'buildx-daemon', order: BuildOrder): Argv {
  const daemon = kind === 'buildx-daemon'
  return [
    'docker',
    'buildx',
    'build',
    `--file=${order.dockerfile}`,
    '--progress=rawjson',
    `--metadata-file=${order.metadata}`,
    ...common(order),
    `--platform=${order.platforms.join(',')}`,
    ...(order.network === 'host' && !daemon ? ['--allow=network.host'] : []),
    ...(daemon ? [] : cacheFlags(order.cache)),
    // The daemon's own store holds no attestations.
    `--provenance=${daemon || order.provenance === 'off' ? 'false' : `mode=${order.provenance}`}`,
    `--sbom=${order.sbom && !daemon}`,
    ...(daemon
      ? [`--tag=${order.repository}:${order.tag}`, '--output=type=docker']
      : [`--output=${byDigest(order.repository)}`]),
    '--',
    order.context,
  ]
}

/** @see https://docs.docker.com/reference/cli/docker/build/legacy-builder/, and `docker build --help` of 20.10 with DOCKER_BUILDKIT=1 */
function dockerArgv(order: BuildOrder): Argv {
  return [
    'docker',
    'build',
    `--file=${order.dockerfile}`,
    '--progress=plain',
    ...common(order),
    ...order.platforms.map((platform) => `--platform=${platform}`),
    `--tag=${order.repository}:${order.tag}`,
    '--',
    order.context,
  ]
}

/** @see https://github.com/moby/buildkit/blob/master/docs/reference/buildctl.md */
function buildctlArgv(address: string, order: BuildOrder): Argv {
  const options: readonly (readonly [string, string])[] = [
    ['filename', basename(order.dockerfile)],
    ['platform', order.platforms.join(',')],
    ...(order.target === undefined ? [] : [['target', order.target] as const]),
    ...Object.entries(order.args).map(([name, value]) => [`build-arg:${name}`, value] as const),
    ...Object.entries(order.labels).map(([name, value]) => [`label:${name}`, value] as const),
    ...(order.network === 'default' ? [] : [['force-network-mode', order.network] as const]),
    ...(order.provenance === 'off' ? [] : [['attest:provenance', `mode=${order.provenance}`] as const]),
    ...(order.sbom ? [['attest:sbom', ''] as const] : []),
  ]
  const { cache } = order
  return [
    'buildctl',
    `--addr=${address}`,
    'build',
    '--frontend=dockerfile.v0',
    `--local=context=${order.context}`,
    `--local=dockerfile=${dirname(order.dockerfile)}`,
    '--progress=rawjson',
    `--metadata-file=${order.metadata}`,
    ...options.map(([name, value]) => `--opt=${name}=${value}`),
    ...secretFlags(order),
    ...(order.network === 'host' ? ['--allow=network.host'] : []),
    ...(cache.kind === 'none' ? [] : [`--import-cache=type=registry,ref=${cache.reference}`]),
    ...(cache.kind === 'registry' && cache.access === 'write'
      ? [`--export-cache=${cacheTarget(cache.reference)}`]
      : []),
    `--output=${byDigest(order.repository)}`,
  ]
}

function common(order: BuildOrder): string[] {
  return [
    ...(order.target === undefined ? [] : [`--target=${order.target}`]),
    ...Object.entries(order.args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...Object.entries(order.labels).map(([name, value]) => `--label=${name}=${value}`),
    ...secretFlags(order),
    ...(order.network === 'default' ? [] : [`--network=${order.network}`]),
  ]
}

function secretFlags({ secrets, ssh }: BuildOrder): string[] {
  return [
    ...Object.entries(secrets).map(([id, variable]) => `--secret=id=${id},env=${variable}`),
    ...(ssh ? ['--ssh=default'] : []),
  ]
}

/** No tag: an image gets its tag when it was found to be what was asked for. */
function byDigest(repository: string): string {
  return `type=image,name=${repository},push=true,push-by-digest=true,name-canonical=true`
}

function cacheFlags(cache: Cache): string[] {
  if (cache.kind === 'none') return []
  const from = `--cache-from=type=registry,ref=${cache.reference}`
  return cache.access === 'read' ? [from] : [from, `--cache-to=${cacheTarget(cache.reference)}`]
}

/** As one OCI manifest, which ECR takes too; a cache that cannot be written fails no build. */
function cacheTarget(reference: string): string {
  return `type=registry,ref=${reference},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`
}
