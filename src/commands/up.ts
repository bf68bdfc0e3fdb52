import { usageError } from '../domain/error.ts'
import { secretValues } from '../domain/system/connections.ts'
import type { Machine } from '../providers/ports/machine.ts'
import type { ServiceStatus } from '../providers/ports/services.ts'
import type { Provider } from '../providers/provider.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Command, Report } from './command.ts'
import { openEnvironment } from './environment.ts'
import { serviceEvent, upPlan } from './up/overview.ts'
import { allVariables, exportLines, shownValue } from './up/variables.ts'

export interface UpOptions {
  /** Return when everything runs, in place of staying in the foreground. */
  readonly detach?: boolean
  /** Only give the variables, as lines that a shell can read; implies `detach` and shows secrets. */
  readonly export?: boolean
  readonly showSecrets?: boolean
}

const LOOK_EVERY = 1000

/**
 * Starts a whole system on this machine, or attaches to it, and stays with it until it is cancelled. What this call has
 * started ends with it; what ran before goes on.
 */
export const up: Command<UpOptions> = async (world, options) => {
  const environment = await openEnvironment(world)
  try {
    const { system } = environment
    const rows = upPlan(system)
    if (world.request.dryRun) {
      world.runtime.log.emit({ kind: 'table', title: 'would run', columns: ['kind', 'name', ''], rows })
      return report(`${rows.length} parts would run`, { plan: rows })
    }
    const provider = await environment.provider()
    const { machine } = provider
    if (machine === undefined) throw notLocal(system.environment.name, system.environment.cloud)
    const how = await machine.start()
    if (options.export) {
      const lines = exportLines(allVariables(await machine.variables()))
      return report(`${lines.length} variables`, { lines })
    }
    const statuses = await look(provider, Object.keys(system.services))
    await show(world.runtime, machine, statuses, options)
    const data = { services: statuses }
    if (options.detach)
      return report(how === 'started' ? 'the cloud is up' : 'the cloud was up already', data)
    await stay(world.runtime, provider, Object.keys(system.services))
    if (how === 'running') return report('left; the cloud stays up', data)
    await machine.stop()
    return report('the cloud is down; its data stay', data)
  } finally {
    await environment.close()
  }
}

function notLocal(environment: string, cloud: string): Error {
  return usageError({
    what: `environment ${environment} is on cloud ${cloud}`,
    rule: 'up and down are for systems on this machine',
    remedy: 'use an environment with "cloud: local"',
  })
}

async function look(provider: Provider, services: readonly string[]): Promise<readonly ServiceStatus[]> {
  return Promise.all(services.map((service) => provider.services.describe(service)))
}

async function show(
  runtime: Runtime,
  machine: Machine,
  statuses: readonly ServiceStatus[],
  options: UpOptions,
): Promise<void> {
  const endpoints = await machine.endpoints()
  const addresses = [
    ...statuses.map(({ service, url }) => [service, url ?? '-']),
    ...endpoints.map(({ resource, url }) => [resource ?? '-', url]),
  ]
  runtime.log.emit({ kind: 'table', title: 'addresses', columns: ['name', 'address'], rows: addresses })
  const all = allVariables(await machine.variables())
  if (!options.showSecrets) for (const value of secretValues(all)) runtime.log.emit({ kind: 'mask', value })
  const variables = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = variables.map(([name, value]) => [name, options.showSecrets ? value : shownValue(name, value)])
  if (rows.length > 0) {
    runtime.log.emit({ kind: 'table', title: 'variables', columns: ['name', 'value'], rows })
  }
}

/** Keeps the display of the services true until the user cancels. */
async function stay(runtime: Runtime, provider: Provider, services: readonly string[]): Promise<void> {
  const { cancelled } = runtime.signals
  const shown = new Map<string, string>()
  while (!cancelled.aborted) {
    for (const status of await look(provider, services).catch(endOf(cancelled))) {
      const event = serviceEvent(status)
      const text = JSON.stringify(event)
      if (shown.get(status.service) !== text) runtime.log.emit(event)
      shown.set(status.service, text)
    }
    await runtime.clock.sleep(LOOK_EVERY, cancelled).catch(endOf(cancelled))
  }
}

/** What fails because the user cancels is the expected end. */
function endOf(cancelled: AbortSignal): (error: unknown) => readonly [] {
  return (error) => {
    if (!cancelled.aborted) throw error
    return []
  }
}

function report(message: string, data: Report['data']): Report {
  return { command: 'up', outcome: 'done', message, outputs: {}, data, summary: `${message}\n` }
}
