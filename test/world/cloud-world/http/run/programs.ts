import type { ServedModel } from '../../../../../src/domain/models/model.ts'

/** How an image behaves once Cloud Run starts it. */
export interface RunProgram {
  /** Virtual milliseconds until its startup probe has passed. */
  readonly startsIn?: number
  /** It ends at once with this code; its startup probe never passes. */
  readonly exits?: number
  /** What its health path answers, to Cloud Run's probe and to everybody. @default 200 */
  readonly health?: number
  /** Models that it reports instead of those that it was told. */
  readonly loads?: readonly ServedModel[]
  /** What it answers to every other path. */
  readonly body?: string
  /** Lines on standard output when it starts. */
  readonly says?: readonly string[]
  /** Lines on standard error when it starts. */
  readonly complains?: readonly string[]
  /** Virtual milliseconds that a task of it lasts. @default 1 s */
  readonly lasts?: number
  /** For a runner of real processes: what node executes. */
  readonly script?: string
  /** Never ready, never failed. */
  readonly hangs?: boolean
}

/** Reference -> program. An image that is not listed is not in its registry. */
export type Programs = Map<string, RunProgram>

/** Google's own, of which stacks make services before there is a release. */
export const PLACEHOLDERS: readonly string[] = ['hello', 'job', 'worker-pool'].map(
  (name) => `us-docker.pkg.dev/cloudrun/container/${name}`,
)

export function programOf(programs: Programs, image: string): RunProgram | undefined {
  return programs.get(image) ?? (PLACEHOLDERS.includes(image) ? { body: 'hello' } : undefined)
}
