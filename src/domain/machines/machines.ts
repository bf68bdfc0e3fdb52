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
