/** Config (text with units, defaults filled in) -> System. Only what passed every check comes here. */
import { bug } from '../domain/error.ts'
import type { FunctionCheck } from '../domain/system/function-check.ts'
import type { Preview } from '../domain/system/preview.ts'
import { type Rename, resourceOf } from '../domain/system/rename.ts'
import type {
  Api,
  Bucket,
  Cache,
  Database,
  Environment,
  Func,
  Image,
  Infra,
  Model,
  Service,
  System,
  Table,
  Topic,
  Worker,
} from '../domain/system/system.ts'
import { bytes, container, folder, given, mapValues, milliseconds } from './convert.ts'
import { findOutputs, findSteps } from './refer.ts'
import { resolvePipeline } from './resolve-pipeline.ts'
import { resolveRollout } from './resolve-rollout.ts'
import type { Config } from './schema/config.ts'

type RawCheck = NonNullable<Raw<'functions'>['check']>
type Raw<K extends keyof Config> = Config[K] extends Record<string, infer Item> ? Item : never

export function resolveSystem(config: Config, environment: string, preview?: Preview): System {
  const raw = config.environments[environment]
  if (raw === undefined) throw bug(`no environment ${environment} to resolve`)
  return {
    name: config.system,
    environment: resolveEnvironment(environment, raw, preview),
    images: mapValues(config.images, image),
    services: mapValues(config.services, service),
    functions: mapValues(config.functions, func),
    apis: mapValues(config.apis, (name, api): Api => ({ ...given({ name, ...api }) })),
    workers: mapValues(config.workers, worker),
    databases: mapValues(config.databases, database),
    buckets: mapValues(config.buckets, bucket),
    tables: mapValues(config.tables, table),
    topics: mapValues(config.topics, topic),
    caches: mapValues(config.caches, (name, cache): Cache => ({ ...given({ name, ...cache }) })),
    pipelines: mapValues(config.pipelines, resolvePipeline),
    models: mapValues(config.models, (name, raw) => model(name, raw, config)),
    rollout: resolveRollout(config.rollout, raw.cloud),
    components: config.components,
    ...given({
      renames: renames(config),
      guards: config.guards === undefined ? undefined : given(config.guards),
      infra: infra(config.infra),
    }),
  }
}

/** Those of resources that this environment has. */
function renames(config: Config): readonly Rename[] | undefined {
  const all = Object.entries(config.renamed).flatMap(([from, to]): Rename[] => {
    const [old, now] = [resourceOf(from), resourceOf(to)]
    if (old === undefined || now === undefined)
      throw bug(`renamed.${from} passed the checks and names no kind`)
    const isHere = Object.hasOwn(config[now.kind], now.name)
    return isHere ? [{ kind: now.kind, from: old.name, to: now.name }] : []
  })
  return all.length === 0 ? undefined : all
}

function resolveEnvironment(
  name: string,
  { set: _, preview: like, 'billing-export': billingExport, ...raw }: Raw<'environments'>,
  preview: Preview | undefined,
): Environment {
  const previews = like === undefined ? undefined : { keep: milliseconds(like.keep) }
  return given({ name, ...raw, billingExport, preview, previews })
}

function image(name: string, raw: Raw<'images'>): Image {
  const local = raw.local === undefined ? undefined : given(raw.local)
  if (raw.mirror !== undefined) {
    return given({ kind: 'mirror' as const, name, source: raw.mirror, remote: raw.remote, local })
  }
  return given({
    kind: 'build' as const,
    name,
    context: folder(raw.context ?? '.'),
    dockerfile: folder(raw.dockerfile ?? 'Dockerfile'),
    target: raw.target,
    args: raw.args,
    secrets: raw.secrets,
    ssh: raw.ssh,
    platforms: raw.platforms ?? ['linux/amd64'],
    local,
  })
}

function service(name: string, raw: Raw<'services'>): Service {
  return given({
    name,
    ...container(raw),
    port: raw.port,
    health: raw.health,
    size: { cpu: raw.size.cpu, memory: bytes(raw.size.memory) },
    scale: given({ min: raw.scale.min, max: raw.scale.max ?? raw.scale.min, cpu: raw.scale.cpu }),
    domain: raw.domain,
    public: raw.public ?? raw.domain !== undefined,
    model: raw.model,
    connects: raw.connects,
    sidecars: mapValues(raw.sidecars, (_, sidecar) => container(sidecar)),
    stopTimeout: milliseconds(raw['stop-timeout']),
    local: raw.local === undefined ? undefined : given(raw.local),
  })
}

function func(name: string, raw: Raw<'functions'>): Func {
  return given({
    name,
    ...raw,
    source: raw.source === undefined ? undefined : folder(raw.source),
    memory: bytes(raw.memory),
    timeout: milliseconds(raw.timeout),
    check: raw.check === undefined ? undefined : functionCheck(raw.check),
  })
}

function functionCheck({ payload, http, status = 200, contains }: RawCheck): FunctionCheck {
  if (http !== undefined) return given({ kind: 'http' as const, path: http, status, contains })
  return given({ kind: 'event' as const, payload: payload ?? {}, contains })
}

function worker(name: string, raw: Raw<'workers'>): Worker {
  const { 'idle-stop': idleStop, 'max-lifetime': maxLifetime, 'stop-timeout': stopTimeout, ...rest } = raw
  return given({
    name,
    ...rest,
    script: raw.script === undefined ? undefined : folder(raw.script),
    disk: bytes(raw.disk),
    idleStop: milliseconds(idleStop),
    maxLifetime: milliseconds(maxLifetime),
    stopTimeout: milliseconds(stopTimeout),
  })
}

function database(name: string, raw: Raw<'databases'>): Database {
  const { 'high-availability': highAvailability, 'backup-days': backupDays, ...rest } = raw
  const [first = name.replace(/[^a-z0-9_]/g, '_').replace(/^(?=[0-9])/, '_'), ...others] = raw.names ?? []
  return given({
    name,
    ...rest,
    storage: bytes(raw.storage),
    names: [first, ...others] as const,
    highAvailability,
    backupDays,
  })
}

function bucket(name: string, raw: Raw<'buckets'>): Bucket {
  return given({ name, ...raw, expire: raw.expire === undefined ? undefined : milliseconds(raw.expire) })
}

function table(name: string, raw: Raw<'tables'>): Table {
  return { name, ...raw, key: given(raw.key), indexes: mapValues(raw.indexes, (_, key) => given(key)) }
}

function topic(name: string, raw: Raw<'topics'>): Topic {
  return given({
    name,
    subscriber: raw.subscriber,
    path: raw.path,
    ackDeadline: milliseconds(raw['ack-deadline']),
    retries: raw.retries,
    retryDelay: { min: milliseconds(raw['retry-delay'].min), max: milliseconds(raw['retry-delay'].max) },
    deadLetter: raw['dead-letter'],
  })
}

function model(name: string, raw: Raw<'models'>, config: Config): Model {
  const [evaluation] = findSteps(config.pipelines, raw.evaluation, name)
  if (evaluation === undefined) throw bug(`models.${name}.evaluation passed the checks and names no step`)
  const [artifact] = findOutputs(config.pipelines, raw.artifact, evaluation)
  if (artifact === undefined) throw bug(`models.${name}.artifact passed the checks and names no output`)
  return { name, registry: raw.registry, evaluation, artifact, gate: raw.gate }
}

function infra(raw: Config['infra']): Infra | undefined {
  if (raw?.hcl !== undefined) return { kind: 'hcl', directory: folder(raw.hcl) }
  if (raw?.cdktf === undefined) return undefined
  return { kind: 'cdktf', directory: folder(raw.cdktf), command: raw.command ?? [] }
}
