import { usageError } from '../../../../domain/error.ts'
import type { Target } from '../../../../domain/stacks/targets.ts'
import type { KillerParts } from '../run-killer.ts'

/** All that a run starts a machine with, as the stacks made it. */
export interface MachineTarget {
  readonly region: string
  readonly launchTemplate: string
  readonly instances: Readonly<Record<string, string>>
  readonly template: string
  readonly machines: readonly string[]
  readonly spot: boolean
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
  readonly publicAddress: boolean
  readonly killer: KillerParts
  readonly checkpoints?: string
}

/** @throws SluiceError usage where the stacks are of an earlier version, or of the team's own without these parts */
export function machineTarget(key: string, target: Target): MachineTarget {
  const { machines, subnets, securityGroups, killer, template, spot, publicAddress, checkpoints } =
    target.kind === 'ec2-worker' ? target : ({} as Partial<Extract<Target, { kind: 'ec2-worker' }>>)
  if (
    target.kind === 'ec2-worker' &&
    killer !== undefined &&
    template !== undefined &&
    machines?.[0] !== undefined &&
    subnets?.[0] !== undefined
  ) {
    const { region, launchTemplate, instances } = target
    return {
      region,
      launchTemplate,
      instances,
      template,
      machines,
      spot: spot ?? false,
      subnets,
      securityGroups: securityGroups ?? [],
      publicAddress: publicAddress ?? false,
      killer,
      ...(checkpoints === undefined ? {} : { checkpoints }),
    }
  }
  throw usageError({
    what: `targets.json does not say what a machine for step ${key} is started with`,
    rule: 'no machine is started without its killer: machines, subnets, template and killer stand at the step',
    remedy: 'run "sluice plan" and "sluice apply" with this version',
  })
}
