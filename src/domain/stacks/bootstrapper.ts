import type { System } from '../system/system.ts'
import type { Access } from '../trust/access.ts'
import type { Stack } from './synthesizer.ts'

/** Who may plan and who may apply. */
export interface Bootstrap {
  readonly system: System
  readonly accesses: { readonly plan: Access; readonly apply: Access }
}

/** What a workflow logs in with. */
export interface Logins {
  /** Role to assume, or account to act as. */
  readonly plan: string
  readonly apply: string
}

/** Compiles the stack that an administrator applies before any other: trust and roles. Pure. */
export interface Bootstrapper {
  bootstrap(input: Bootstrap): Promise<{ readonly stack: Stack; readonly logins: Logins }>
}
