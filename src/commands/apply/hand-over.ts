import { join } from 'node:path'
import { digestOf } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { Runs } from '../../github/runs.ts'
import { type PlannedEnvironment, planArchiveFault, planArtifactOf } from '../../plan/plan-artifact.ts'
import type { Files } from '../../runtime/runtime.ts'
import { unzipJudged } from '../infrastructure/unzip.ts'

/** Bytes of an archive. */
const LARGEST = 256 * 1024 * 1024
/** What a plan of before has left, in the state of the environment. */
const LEFT = ['approval.json', 'plan.json', 'plans', 'stacks']

/**
 * Brings what `plan` left in a run into the state of the environment (promise R14): the one artifact of that run by its id, with
 * the bytes whose digest GitHub keeps, judged before it is unpacked. Nothing of an earlier plan stays beside it.
 *
 * @param state `.sluice/<env>`
 * @throws SluiceError refused, with what is wrong; the state is as it was then.
 */
export async function takeOver(
  files: Files,
  runs: Pick<Runs, 'artifacts' | 'archive'>,
  run: number,
  { state, ...planned }: PlannedEnvironment & { readonly state: string },
): Promise<void> {
  const found = planArtifactOf(await runs.artifacts(run), run, planned)
  if ('fault' in found) throw notTaken(found.fault)
  const { id, digest, size } = found.artifact
  if (size > LARGEST) throw notTaken(`its archive is larger than ${LARGEST} bytes`)
  const zip = await runs.archive(id, LARGEST)
  if (digestOf(zip) !== digest) throw notTaken('its bytes are not those that were uploaded')
  const unpacked = unzipJudged(zip, { fault: planArchiveFault, isWanted: () => true, refused: notTaken })
  await Promise.all(LEFT.map((name) => files.remove(join(state, name))))
  for (const [name, bytes] of unpacked) {
    if (!name.endsWith('/')) await files.write(join(state, name), bytes, { mode: 0o600, derived: true })
  }
}

/** A plan of another run that is not taken. */
export function notTaken(what: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'refused',
    'user',
    {
      what: `the plan is not taken: ${what}`,
      rule: 'what is applied is what plan has left in the one run that was approved',
      remedy: 'let the workflow that plans run again on this commit, and name the plan that it shows',
    },
    cause === undefined ? undefined : { cause },
  )
}
