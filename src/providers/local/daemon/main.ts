import { bug, SluiceError } from '../../../domain/error.ts'
import { deferred } from '../../../runtime/deferred.ts'
import { message } from '../../../runtime/events.ts'
import { identify, isRunning } from '../../../runtime/process-identity.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { ProviderContext } from '../../provider.ts'
import type { ContainerSource } from '../container.ts'
import type { EmbeddedEngine, Machines, Surroundings } from '../engine.ts'
import { withLock } from '../file-lock.ts'
import { connectionVariables } from '../services/environment.ts'
import { LocalServices } from '../services/host.ts'
import type { DaemonApi } from './api.ts'
import { openControl } from './control.ts'
import { EngineKeeper } from './engines.ts'
import {
  type Assignment,
  assignmentPath,
  cloudFolder,
  type DaemonRecord,
  readAssignment,
  readRecord,
  recordPath,
  shapeOf,
  writeRecord,
} from './record.ts'
import { toWire } from './wire.ts'

/** What the supervisor runs beside the services, made from the system that it was given. */
export interface Parts {
  readonly engines: readonly EmbeddedEngine[]
  readonly containers: ContainerSource
}

export interface DaemonOptions {
  /** Its `signals.cancelled` ends the supervisor: SIGTERM and SIGINT. */
  readonly runtime: Runtime
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
  readonly parts: (context: ProviderContext, surroundings: Surroundings) => Promise<Parts>
}

/**
 * The supervisor of one environment on cloud `local`: owns engines, services and their proxies until it is told to stop.
 * Whatever ended an earlier one, this one brings everything back to what was desired.
 *
 * @throws SluiceError locked where another supervisor runs; every other failure to start also stands in daemon.json.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { runtime, state } = options
  const folder = cloudFolder(state)
  const assignment = await readAssignment(runtime.files, folder)
  if (assignment === undefined) {
    throw bug(
      `${assignmentPath(folder)} is missing or cannot be read: the supervisor does not know what to run`,
    )
  }
  const starting = await claim(runtime, folder, assignment)
  const stopping = deferred<void>()
  const cloud = await open(options, assignment, folder).catch(async (error: unknown) => {
    await writeRecord(runtime.files, folder, { ...starting, phase: 'failed', error: toWire(error) }).catch(
      () => {},
    )
    throw error
  })
  const token = Buffer.from(runtime.random.bytes(32)).toString('base64url')
  const control = await openControl(apiOf(cloud, stopping.resolve), token)
  await writeRecord(runtime.files, folder, {
    ...starting,
    phase: 'ready',
    control: { url: control.url, token },
    endpoints: [...cloud.engines.addresses()],
  })
  runtime.log.emit(message('info', `the local cloud of ${state} is up as process ${process.pid}`))
  const { cancelled } = runtime.signals
  if (cancelled.aborted) stopping.resolve()
  cancelled.addEventListener('abort', () => stopping.resolve(), { once: true })
  await stopping.promise
  await control.close()
  await cloud.close()
  await runtime.files.remove(recordPath(folder))
  runtime.log.emit(message('info', 'the local cloud is down'))
}

/** One supervisor an environment: daemon.json is the claim, and a claim of a dead process counts for nothing. */
function claim(runtime: Runtime, folder: string, assignment: Assignment): Promise<DaemonRecord> {
  return withLock(`${folder}/daemon.lock`, async () => {
    const other = await readRecord(runtime.files, folder)
    if (other !== undefined && other.phase !== 'failed' && (await isRunning(other, runtime.exec))) {
      throw new SluiceError('locked', 'user', {
        what: `the local cloud in ${folder} is already run by process ${other.pid}`,
        rule: 'one supervisor an environment',
        remedy: 'use it as it is, or end it with: sluice down',
      })
    }
    const self = await identify(process.pid, runtime.exec)
    if (self === undefined) throw bug('this process cannot find itself in the list of processes')
    const record: DaemonRecord = {
      schema: 'sluice.daemon/v1',
      ...self,
      phase: 'starting',
      shape: shapeOf(assignment.system),
      control: null,
      endpoints: [],
    }
    await writeRecord(runtime.files, folder, record)
    return record
  })
}

interface Cloud {
  readonly engines: EngineKeeper
  readonly services: LocalServices
  readonly machines: Machines | undefined
  close(): Promise<void>
}

async function open(options: DaemonOptions, assignment: Assignment, folder: string): Promise<Cloud> {
  const { runtime, state } = options
  const { system, root } = assignment
  let services: LocalServices | undefined
  let engines: EngineKeeper | undefined
  const surroundings: Surroundings = {
    endpoints: () => engines?.endpoints() ?? [],
    servicePorts: () => services?.ports ?? {},
  }
  const { engines: list, containers } = await options.parts({ runtime, system, root, state }, surroundings)
  const moved = (): void => {
    for (const name of services?.names() ?? []) {
      services?.restart(name).catch((error: unknown) => {
        runtime.log.emit(message('warning', `service ${name}: ${(error as Error).message}`))
      })
    }
  }
  const keeper = new EngineKeeper(runtime, list, moved)
  engines = keeper
  await keeper.start()
  try {
    services = await LocalServices.open({
      runtime,
      folder,
      services: Object.values(system.services),
      containers,
      endpoints: () => keeper.endpoints(),
    })
  } catch (error) {
    await keeper.stop()
    throw error
  }
  const opened = services
  const machines = list.find((engine) => engine.machines !== undefined)?.machines
  // What an earlier supervisor left has ended by now, and everything that they connect has an address.
  await machines?.restore()
  const close = async (): Promise<void> => {
    await opened.close()
    await keeper.stop()
  }
  return { engines: keeper, services: opened, machines, close }
}

function apiOf({ engines, services, machines }: Cloud, stop: () => void): DaemonApi {
  /** Who runs this name. */
  const of = (name: string) => (machines?.has(name) ? machines : services)
  return {
    describe: (service) => services.describe(service),
    stage: (spec) => services.stage(spec),
    shift: (service, revision, percent) => services.shift(service, revision, percent),
    settle: (service, revision) => services.settle(service, revision),
    revert: (service, revision) => services.revert(service, revision),
    pause: (name) => of(name).pause(name),
    resume: (name) => of(name).resume(name),
    restart: (name) => of(name).restart(name),
    services: () => Promise.all(services.names().map((name) => services.describe(name))),
    machines: async () => machines?.all() ?? [],
    variables: async () => {
      const endpoints = engines.endpoints()
      const ofServices = Object.keys(services.ports).map((name) => [
        name,
        connectionVariables([name], [], services.ports),
      ])
      return {
        shared: Object.assign({}, ...endpoints.map((endpoint) => endpoint.shared)),
        connections: Object.assign(
          Object.fromEntries(ofServices),
          ...endpoints.map((endpoint) => endpoint.connections),
        ),
      }
    },
    // The answer leaves before the door closes.
    stop: async () => void setImmediate(stop),
  }
}
