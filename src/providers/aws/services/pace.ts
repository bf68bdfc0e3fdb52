import type { HostPace } from '../../provider.ts'

/** ECS drains for minutes, and gives every account a few requests a second. */
export const ECS_PACE: HostPace = { every: 3_000, patience: 20 * 60_000 }
