import { isFrugal } from '../../../runtime/watch-pace.ts'
import type { HostPace } from '../../ports/services.ts'

/** ECS drains for minutes, and gives every account a few requests a second. SLUICE_FRUGAL asks for as few as possible. */
export function ecsPace(env: Readonly<Record<string, string | undefined>>): HostPace {
  return { every: 3_000, patience: 20 * 60_000, frugal: isFrugal(env) }
}
