import { machineRate, type Rate } from './rates.ts'

/**
 * The largest size of each family that the stacks name without a size: what Batch may take at worst, and no size of a family costs more.
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html, `instanceTypes`;
 * https://aws.amazon.com/ec2/instance-types/g5/
 */
const LARGEST: Readonly<Record<string, string>> = { g5: 'g5.48xlarge', g6: 'g6.48xlarge', g4dn: 'g4dn.metal' }

/**
 * What Batch may run a step on, several times at once: the machine that it names; else the largest of the family that the stacks
 * allow. Which machine Batch takes where nothing is named at all (`optimal`) is AWS's choice and changes, so it has no price.
 *
 * @param count containers at once, which have a machine each at worst
 */
export function batchRate(
  region: string,
  { machine, gpu }: { readonly machine?: string; readonly gpu: number },
  count: number,
): Rate {
  const asked = machine ?? (gpu > 0 ? 'g5' : undefined)
  if (asked === undefined) {
    return {
      hourly: undefined,
      of: `whatever machine AWS Batch chooses in ${region}, since the step names no "machine"`,
    }
  }
  const largest = Object.hasOwn(LARGEST, asked) ? LARGEST[asked] : undefined
  if (largest === undefined) return machineRate(region, [asked], count)
  const { hourly, of } = machineRate(region, [largest], count)
  return { hourly, of: `${of}, the largest of family ${asked}` }
}
