/**
 * List prices of an hour on demand of machines of EC2 with Linux, in US dollars: the ceiling of what a run may cost. A spot machine
 * never costs more, because EC2 caps its price there. https://aws.amazon.com/ec2/pricing/on-demand/
 */
const HOURLY: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'us-east-1': {
    't3.large': 0.0832,
    'g4dn.xlarge': 0.526,
    'g4dn.2xlarge': 0.752,
    'g4dn.12xlarge': 3.912,
    'g5.xlarge': 1.006,
    'g5.2xlarge': 1.212,
    'g5.12xlarge': 5.672,
    'g5.48xlarge': 16.288,
    'g6.xlarge': 0.8048,
    'g6.2xlarge': 0.9776,
    'g6.12xlarge': 4.6016,
    'g6.48xlarge': 13.3504,
  },
}

/** US dollars an hour; undefined where the table does not know it. */
export function hourlyPrice(region: string, machine: string): number | undefined {
  return Object.hasOwn(HOURLY, region) ? HOURLY[region]?.[machine] : undefined
}

/** Machines with as many GPUs and no less memory on each, the one that was asked for in front. */
const ALIKE: readonly (readonly string[])[] = [
  ['g5.xlarge', 'g6.xlarge'],
  ['g5.2xlarge', 'g6.2xlarge'],
  ['g5.12xlarge', 'g6.12xlarge'],
  ['g5.48xlarge', 'g6.48xlarge'],
]

/** Types of machines that can stand in for one another: a zone that has no more of one may have the other. */
export function machinesLike(machine: string): readonly string[] {
  const others = ALIKE.find((alike) => alike.includes(machine))?.filter((one) => one !== machine) ?? []
  return [machine, ...others]
}
