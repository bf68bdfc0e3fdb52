import type { Sighting } from '../../domain/jobs/reaping.ts'

/** Finds what runs and costs, and ends what the rule of src/domain/jobs/reaping.ts says. */
export interface Reaper {
  /** Only what carries this environment's own tags. */
  look(): Promise<readonly Sighting[]>
  /** It may be repeated; what is gone is fine. */
  end(sighting: Sighting): Promise<void>
}
