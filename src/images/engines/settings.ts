import { usageError } from '../../domain/error.ts'
import type { BuildOrder } from './order.ts'
import type { Trust } from './trust.ts'

export type BuildSettings = Pick<BuildOrder, 'network' | 'cache' | 'provenance' | 'sbom'>

const CHOICES = {
  SLUICE_BUILD_NETWORK: ['default', 'host', 'none'],
  SLUICE_BUILD_PROVENANCE: ['min', 'max', 'off'],
  SLUICE_BUILD_SBOM: ['off', 'on'],
} as const

/**
 * What belongs to the machine that builds, not to the system: from environment variables, the first choice being the
 * default. `SLUICE_BUILD_CACHE` names a cache of layers or says `off`.
 *
 * @param cached where layers are kept if nothing is said.
 * @throws SluiceError usage for an unknown choice.
 */
export function buildSettings(
  env: Readonly<Record<string, string | undefined>>,
  cached: string,
  trust: Trust,
): BuildSettings {
  const choose = <const T extends string>(name: string, choices: readonly [T, ...T[]]): T => {
    const value = env[name] || choices[0]
    const found = choices.find((choice) => choice === value)
    if (found !== undefined) return found
    throw usageError({ what: `${name} is ${JSON.stringify(value)}`, rule: `it is ${choices.join(', ')}` })
  }
  const cache = env['SLUICE_BUILD_CACHE'] || cached
  return {
    network: choose('SLUICE_BUILD_NETWORK', CHOICES.SLUICE_BUILD_NETWORK),
    provenance: choose('SLUICE_BUILD_PROVENANCE', CHOICES.SLUICE_BUILD_PROVENANCE),
    sbom: choose('SLUICE_BUILD_SBOM', CHOICES.SLUICE_BUILD_SBOM) === 'on',
    cache:
      cache === 'off'
        ? { kind: 'none' }
        : { kind: 'registry', reference: cache, access: trust === 'own' ? 'write' : 'read' },
  }
}
