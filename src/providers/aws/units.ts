import type { Targets } from '../../domain/stacks/targets.ts'
import type { System } from '../../domain/system/system.ts'
import type { HostPace, ServiceHost } from '../ports/services.ts'

/** What a release consists of on AWS, each kind on its own platform. */
export interface UnitHosts {
  readonly ecs: () => Promise<ServiceHost>
  readonly lambda: () => Promise<ServiceHost>
  /** Workers that run an image. */
  readonly workers: () => Promise<ServiceHost>
}

/**
 * Services of ECS, functions of Lambda and workers as one host: targets.json says which is which. What neither sluice.yml nor targets.json
 * has any more is absent.
 */
export function openUnits(
  pace: HostPace,
  system: Pick<System, 'services' | 'functions' | 'workers'>,
  targets: () => Promise<Targets>,
  { ecs, lambda, workers }: UnitHosts,
): ServiceHost {
  const hostOf = async (name: string): Promise<ServiceHost> => {
    const { services, functions } = await targets()
    // What sluice.yml has no more is no worker of ours: its machines end by themselves.
    if (Object.hasOwn(system.workers, name)) return workers()
    const isFunction = Object.hasOwn(functions, name) && !Object.hasOwn(services, name)
    return isFunction ? lambda() : ecs()
  }
  const isGone = async (name: string): Promise<boolean> => {
    const { services, functions } = await targets()
    const all = [services, functions, system.services, system.functions, system.workers]
    return !all.some((names) => Object.hasOwn(names, name))
  }
  return {
    pace,
    describe: async (service, ...awaited) =>
      (await isGone(service))
        ? { service, state: 'absent', url: null, revisions: [] }
        : (await hostOf(service)).describe(service, ...awaited),
    stage: async (spec, ...given) => (await hostOf(spec.service.name)).stage(spec, ...given),
    shift: async (service, ...move) => (await hostOf(service)).shift(service, ...move),
    settle: async (service, ...move) => (await hostOf(service)).settle(service, ...move),
    revert: async (service, ...move) => (await hostOf(service)).revert(service, ...move),
  }
}
