import { usageError } from '../domain/error.ts'
import { given } from '../domain/given.ts'
import { nearestName } from '../domain/nearest.ts'
import { OPERATIONS, type Operation } from '../domain/operations.ts'
import { withReleasedFunctions } from '../domain/releases/released-functions.ts'
import { stepNamed, stepNames } from '../domain/system/step-name.ts'
import type { System } from '../domain/system/system.ts'
import type { Command, Report, World } from './command.ts'
import { openEnvironment } from './environment.ts'
import { nothingToDo } from './nothing-to-do.ts'
import type { OperateOptions, Post } from './operate/post.ts'
import { openSite, steady } from './rollout/site.ts'

export type { OperateOptions } from './operate/post.ts'

/** Each operation is a file of its own, loaded when it is asked for. */
const LOAD: Readonly<Record<Exclude<Operation, 'unlock'>, () => Promise<(post: Post) => Promise<Report>>>> = {
  status: async () => (await import('./operate/status.ts')).status,
  logs: async () => (await import('./operate/logs.ts')).logs,
  pause: async () => (await import('./operate/switch.ts')).pause,
  resume: async () => (await import('./operate/switch.ts')).resume,
  restart: async () => (await import('./operate/switch.ts')).restart,
  rollback: async () => (await import('./operate/rollback.ts')).rollback,
  history: async () => (await import('./operate/history.ts')).history,
  drift: async () => (await import('./operate/drift.ts')).drift,
  reap: async () => (await import('./operate/reap.ts')).reap,
  clean: async () => (await import('./operate/clean.ts')).clean,
  destroy: async () => (await import('./operate/destroy.ts')).destroy,
}

/** Daily work on an environment: looking, pausing, going back, tidying up. */
export const operate: Command<OperateOptions> = async (world, options) => {
  const operation = OPERATIONS.find((known) => known === options.operation)
  if (operation === undefined) throw unknownOperation(options.operation)
  if (operation === 'unlock') return giveBack(world, options)
  const moves = operation === 'rollback'
  const environment = await openEnvironment(moves ? steady(world) : world)
  const { preview, previews } = environment.system.environment
  try {
    if (operation === 'destroy' && preview !== undefined) {
      const { destroyPreview } = await import('./operate/previews.ts')
      return await destroyPreview(world, environment, options)
    }
    if (operation === 'reap' && previews !== undefined) {
      const { reapPreviews } = await import('./operate/previews.ts')
      return await reapPreviews(world, environment, options)
    }
    const services = servicesOf(environment.system, operation, options.service)
    const site = await openSite(world.runtime, environment, world.deployments)
    return await (await LOAD[operation]())({ site, services, options, dryRun: world.request.dryRun })
  } finally {
    await environment.close()
  }
}

/** Locks of states come before everything that runs: no cloud is opened for them. */
async function giveBack(world: World, { stack, yes = false }: OperateOptions): Promise<Report> {
  const environment = await openEnvironment(world)
  const { cloud } = environment.system.environment
  if (cloud === 'local') return nothingToDo(world, 'operate', { table: '' }, {}, 'unlock')
  const { unlock } = await import('./operate/unlock.ts')
  return unlock(world, environment, { ...given({ stack }), yes })
}

/** What is done to the machines of one worker; on a cloud they are switched with the whole system alone. */
const MACHINE_WORK: readonly Operation[] = ['restart', 'pause', 'resume']

function servicesOf(system: System, operation: Operation, asked: string | undefined): readonly string[] {
  const { services, workers, environment } = system
  const known = [...Object.keys(services), ...othersOf(system, operation)]
  if (asked === undefined || asked === '') return known
  if (known.includes(asked)) return [asked]
  // A worker's machines end what they do: only who names it restarts it.
  if (MACHINE_WORK.includes(operation) && Object.hasOwn(workers, asked)) {
    if (operation === 'restart' || environment.cloud === 'local') return [asked]
  }
  const steps = operation === 'logs' ? stepNames(system) : []
  if (steps.length > 0 && stepNamed(system, asked) !== undefined) return [asked]
  const near = nearestName(asked, [...known, ...steps])
  throw usageError({
    what: `there is no service ${asked}`,
    rule: `services: ${known.join(', ')}${steps.length === 0 ? '' : `; steps: ${steps.join(', ')}`}`,
    remedy: near === undefined ? 'name one of these with --service' : `did you mean ${near}?`,
  })
}

/** What is no service and can be asked all the same. */
function othersOf(system: System, operation: Operation): readonly string[] {
  const { services, functions, workers, environment } = system
  switch (operation) {
    case 'logs':
      // On this machine whatever runs as a process writes a log of the same kind.
      return Object.keys(environment.cloud === 'local' ? { ...functions, ...workers } : functions)
    case 'status':
      return Object.keys(withReleasedFunctions(system).services).filter(
        (name) => !Object.hasOwn(services, name),
      )
    default:
      return []
  }
}

function unknownOperation(text: string): Error {
  const near = nearestName(text, OPERATIONS)
  return usageError({
    what: `there is no operation "${text}"`,
    rule: `operations: ${OPERATIONS.join(', ')}`,
    remedy: near === undefined ? 'run "sluice operate status"' : `did you mean ${near}?`,
  })
}
