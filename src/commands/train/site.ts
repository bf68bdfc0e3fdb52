import type { ModelVersion } from '../../domain/models/model.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Assignment } from './assignment.ts'
import type { Places } from './places.ts'
import type { StepRecords } from './records.ts'

/** Everything that a training works with, opened once. */
export interface Site {
  readonly runtime: Runtime
  readonly provider: Pick<Provider, 'objects' | 'jobs' | 'models'>
  readonly assignment: Assignment
  readonly places: Places
  readonly records: StepRecords
  /** URI. */
  readonly ledger: string
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
  /** The model that is served now, resolved once: the evaluation step compares with exactly this version. */
  readonly champion: ModelVersion | undefined
  /** Git commit; undefined where there is none. */
  readonly code: string | undefined
}
