import { COMPUTE } from './services/compute.ts'
import { MESSAGES } from './services/messages.ts'
import type { Permissions } from './services/row.ts'
import { STORES } from './services/stores.ts'
import { WATCH } from './services/watch.ts'
import { WAYS } from './services/ways.ts'

/** What our stacks have resources of. IAM itself is not here: see escalation.ts. EC2 is in network.ts. */
export const SERVICES: Permissions = { ...STORES, ...COMPUTE, ...WAYS, ...MESSAGES, ...WATCH }
