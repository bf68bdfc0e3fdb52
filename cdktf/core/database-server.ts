import { given } from '../../src/domain/given.ts'
import type { Database } from '../../src/domain/system/system.ts'

/** What a server of PostgreSQL is asked to be, on either cloud. */
export interface DatabaseServerProps {
  /** Bytes; it grows by itself to five times this. */
  readonly storage: number
  /** Machine class, by the cloud's own name. */
  readonly class?: string
  /**
   * A standby in another zone.
   * @default false
   */
  readonly highAvailability?: boolean
  /**
   * Days that backups are kept; 0: none, and no way back to a point in time.
   * @default 7
   */
  readonly backupDays?: number
  /**
   * Cannot be deleted, neither by Terraform nor by the API.
   * @default true
   */
  readonly protect?: boolean
}

/** As sluice.yml says it. */
export function serverOf(spec: Database): DatabaseServerProps & { readonly version: string } {
  const { version, storage, highAvailability, backupDays, protect } = spec
  return { version, storage, highAvailability, backupDays, protect, ...given({ class: spec.class }) }
}
