import { SluiceError } from '../../domain/error.ts'
import type { Targets } from '../../domain/targets.ts'
import type { ProviderContext, ServiceHost } from '../provider.ts'
import type { AwsSession } from './session.ts'

/** Services of ECS, opened when the first one is asked for. */
export function openServices(
  _context: ProviderContext,
  _session: AwsSession,
  targets: () => Promise<Targets>,
): ServiceHost & { close(): void } {
  const open = async (): Promise<ServiceHost> => {
    await targets()
    throw new SluiceError('refused', 'sluice', {
      what: 'services on AWS cannot be rolled out by this version',
      remedy: 'use a newer version of Sluice',
    })
  }
  return {
    describe: async (service) => (await open()).describe(service),
    stage: async (spec) => (await open()).stage(spec),
    shift: async (...move) => (await open()).shift(...move),
    settle: async (...move) => (await open()).settle(...move),
    revert: async (...move) => (await open()).revert(...move),
    close: () => {},
  }
}
