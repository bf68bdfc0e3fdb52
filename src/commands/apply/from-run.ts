import { usageError } from '../../domain/error.ts'
import type { Secret } from '../../domain/secret.ts'
import { openGitHub } from '../../github/open.ts'
import { runsOf } from '../../github/runs.ts'
import type { World } from '../command.ts'
import { openEnvironment } from '../environment.ts'
import { takeOver } from './hand-over.ts'

/**
 * Brings what a job before has left: the artifact that `plan` named, of a run, mostly this one. Of another run the
 * record refuses by itself, since it is bound to its own.
 *
 * @param run id, as the workflow gives it.
 */
export async function takePlanOf(world: World, run: string, token: Secret | undefined): Promise<void> {
  if (!/^[1-9]\d{0,15}$/.test(run) || token === undefined) {
    throw usageError({
      what: token === undefined ? 'there is no github-token' : `${JSON.stringify(run)} is no run`,
      rule: 'plan-run is the id of the run whose plan is applied',
      remedy: 'give the id of a run, mostly of this one: github.run_id',
    })
  }
  const { runtime, request } = world
  const { system, state } = await openEnvironment(world)
  const place = { system: system.name, environment: request.environment, state }
  await takeOver(runtime.files, runsOf(openGitHub(runtime, token)), Number(run), place)
}
