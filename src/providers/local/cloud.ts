import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bug } from '../../domain/error.ts'
import type { Target, Targets } from '../../domain/stacks/targets.ts'
import { type ConnectionSuffix, connectionVariable } from '../../domain/system/connections.ts'
import type { System } from '../../domain/system/system.ts'
import type { Argv } from '../../runtime/runtime.ts'
import type { ImageStore } from '../ports/images.ts'
import type { JobEngine } from '../ports/jobs.ts'
import type { Machine } from '../ports/machine.ts'
import type { ModelRegistry } from '../ports/models.ts'
import type { ObjectStore } from '../ports/objects.ts'
import type { Operations } from '../ports/operations.ts'
import type { WorkerImages } from '../ports/workers.ts'
import type { Provider, ProviderContext } from '../provider.ts'
import { DaemonClient } from './client.ts'
import { daemonCommand, endDaemon, findDaemon } from './daemon/launch.ts'
import { cloudFolder } from './daemon/record.ts'
import { readLog } from './services/log-file.ts'

/** The parts of the local cloud that are plain files or processes of the caller, and need no supervisor. */
export interface ClientParts {
  readonly images: ImageStore
  readonly objects: ObjectStore
  readonly models: ModelRegistry
  readonly jobs: JobEngine
}

/** Composes the ports of cloud `local`: services and what runs beside them through the supervisor, the rest from files. */
export async function composeCloud(
  context: ProviderContext,
  partsOf: (client: DaemonClient, folder: string) => Promise<ClientParts>,
  command: Argv = daemonCommand(),
): Promise<Provider> {
  const folder = cloudFolder(context.state)
  const client = new DaemonClient(context, command)
  return {
    ...(await partsOf(client, folder)),
    services: client,
    operations: operationsOf(context, client, folder),
    ...(Object.keys(context.system.workers).length === 0 ? {} : { workers: workersOf(client) }),
    machine: machineOf(context, client),
    targets: () => targetsOf(context, client, folder),
    close: async () => {},
  }
}

function operationsOf(
  { runtime, system }: ProviderContext,
  client: DaemonClient,
  folder: string,
): Operations {
  return {
    // Logs are files, so they can be read while nothing runs: that is when they are wanted most.
    logs: (service, query) => readLog(join(folder, 'logs', service), query, runtime.clock),
    pause: (service) => client.pause(service),
    resume: (service) => client.resume(service),
    restart: (service) => client.restart(service),
    ...(Object.keys(system.workers).length === 0 ? {} : { rest: restOf(client) }),
  }
}

/** The machines of workers, switched with the whole system, as in the other clouds. */
function restOf(client: DaemonClient): Required<Operations>['rest'] {
  const change = async (
    state: 'running' | 'stopped',
    act: (worker: string) => Promise<void>,
    done: string,
  ): Promise<readonly string[]> => {
    const found = (await client.machines()).filter((one) => one.state === state)
    for (const { worker } of found) await act(worker)
    return found.map(({ worker, machine }) => `${worker} ${machine} ${done}`)
  }
  return {
    pause: () => change('running', (worker) => client.pause(worker), 'stopped'),
    resume: () => change('stopped', (worker) => client.resume(worker), 'runs again'),
    stopped: async () => [],
    machines: () => client.machines(),
  }
}

/** A worker runs its script here and no image. */
function workersOf(client: DaemonClient): WorkerImages {
  return {
    read: async () => undefined,
    write: async (worker) => {
      throw bug(`worker ${worker} runs no image on cloud local`)
    },
    async restart(worker) {
      const found = (await client.machines()).filter(
        (one) => one.worker === worker && one.state === 'running',
      )
      if (found.length > 0) await client.restart(worker)
      return found.flatMap(({ machine }) => machine ?? [])
    },
  }
}

function machineOf({ runtime, state }: ProviderContext, client: DaemonClient): Machine {
  return {
    start: async () => ((await client.attach()).started ? 'started' : 'running'),
    endpoints: async () =>
      (await client.attach()).endpoints.map(({ url, resource }) => ({
        url,
        ...(resource ? { resource } : {}),
      })),
    variables: () => client.variables(),
    stop: async () => ((await endDaemon(runtime, state)) ? 'stopped' : 'absent'),
  }
}

/** What is known without starting anything; addresses only while the cloud is up. */
async function targetsOf(context: ProviderContext, client: DaemonClient, folder: string): Promise<Targets> {
  const { runtime, system, state } = context
  const up = (await findDaemon(runtime, state)) !== undefined
  const urls = up
    ? Object.fromEntries((await client.services()).map(({ service, url }) => [service, url]))
    : {}
  const { connections } = up ? await client.variables() : { connections: {} }
  return localTargets(system, folder, urls, connections)
}

/** `sluice.targets/v1` of a system on this machine. A database appears once its address is known. */
export function localTargets(
  system: System,
  folder: string,
  urls: Readonly<Record<string, string | null>>,
  connections: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Targets {
  const each = <T, U>(resources: Readonly<Record<string, T>>, of: (name: string) => U): Record<string, U> =>
    Object.fromEntries(Object.keys(resources).map((name) => [name, of(name)]))
  const databases = Object.keys(system.databases).flatMap((name) => {
    const variables = Object.entries(connections[name] ?? {})
    const ending = (suffix: string): string | undefined =>
      variables.find(([key]) => key.endsWith(suffix))?.[1]
    const host = ending('_HOST')
    if (host === undefined) return []
    const where = { host, port: Number(ending('_PORT')), name: ending('_DATABASE') ?? name }
    return [[name, { kind: 'postgres', id: name, ...where, secret: `postgres/${name}` }] as const]
  })
  /** What the engines tell those that connect; nothing while the cloud is down. */
  const connected = <K extends 'tables' | 'topics' | 'caches' | 'apis'>(
    kind: K,
    suffix: ConnectionSuffix<K>,
  ): Record<string, string> =>
    Object.fromEntries(
      Object.keys(system[kind]).flatMap((name) => {
        const value = connections[name]?.[connectionVariable(kind, name, suffix)]
        return value === undefined ? [] : [[name, value] as const]
      }),
    )
  const target = (service: string): Target => {
    const url = urls[service]
    return { kind: 'local-process', service, ...(url ? { url } : {}) }
  }
  return {
    schema: 'sluice.targets/v1',
    system: system.name,
    environment: system.environment.name,
    services: each(system.services, target),
    jobs: {},
    workers: each(system.workers, (name) => ({ kind: 'local-process', service: name }) as const),
    functions: {},
    buckets: each(system.buckets, (name) => `s3://${name}`),
    databases: Object.fromEntries(databases),
    registries: each(system.images, (name) => `local/${system.name}/${name}`),
    alarms: {},
    tables: connected('tables', 'TABLE'),
    topics: connected('topics', 'TOPIC'),
    caches: Object.fromEntries(
      Object.entries(connected('caches', 'URL')).map(([name, url]) => [name, withoutPassword(url)]),
    ),
    apis: connected('apis', 'URL'),
    ledger: pathToFileURL(join(folder, 'ledger')).href,
    logs: each(
      { ...system.services, ...system.workers },
      (name) => pathToFileURL(join(folder, 'logs', name)).href,
    ),
  }
}

/** Targets are read and passed around by people; whoever connects gets the password in its variable. */
function withoutPassword(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}
