/** Where a machine is asked for. */
export interface Placement {
  readonly market: 'spot' | 'on-demand'
  /** `g5.xlarge`. */
  readonly machine: string
  /** Its zone. */
  readonly subnet: string
}

/** Why EC2 starts no machine somewhere: there is none left, the account may have no more of that market, or never there. */
export type Refusal = 'capacity' | 'quota' | 'unsupported'

export interface Choices {
  readonly machines: readonly string[]
  readonly subnets: readonly string[]
  readonly spot: boolean
}

/**
 * All places in the order in which they are tried (promise R35): spot before on demand, and in each the wanted machine over all
 * zones before another that does.
 */
export function placementsOf({ machines, subnets, spot }: Choices): readonly Placement[] {
  const markets: readonly Placement['market'][] = spot ? ['spot', 'on-demand'] : ['on-demand']
  return markets.flatMap((market) =>
    machines.flatMap((machine) => subnets.map((subnet): Placement => ({ market, machine, subnet }))),
  )
}

/** The index of the next place to try; undefined where none is left. A quota holds for all of a market. */
export function nextPlacement(
  placements: readonly Placement[],
  index: number,
  refusal: Refusal,
): number | undefined {
  const here = placements[index]
  const next = placements.findIndex(
    (place, i) => i > index && (refusal !== 'quota' || place.market !== here?.market),
  )
  return next === -1 ? undefined : next
}

/** The index of the first place on demand: after too many interruptions. */
export function firstOnDemand(placements: readonly Placement[]): number {
  return placements.findIndex(({ market }) => market === 'on-demand')
}

/**
 * What a code of RunInstances means; undefined where another place would not help.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
export function refusalOf(code: string): Refusal | undefined {
  switch (code) {
    case 'InsufficientInstanceCapacity':
    case 'InsufficientHostCapacity':
    case 'InsufficientReservedInstanceCapacity':
    case 'InsufficientFreeAddressesInSubnet':
    case 'SpotMaxPriceTooLow':
      return 'capacity'
    case 'VcpuLimitExceeded':
    case 'InstanceLimitExceeded':
    case 'MaxSpotInstanceCountExceeded':
      return 'quota'
    case 'Unsupported':
    case 'UnsupportedOperation':
      return 'unsupported'
    default:
      return undefined
  }
}
