import { externalError, SluiceError } from '../../domain/error.ts'
import type { StepDecision } from '../../domain/pipeline/decide.ts'
import { fingerprintOf, parametersOf, type StepParts } from '../../domain/pipeline/fingerprint.ts'
import { formatDuration } from '../../domain/quantity.ts'
import type { Step } from '../../domain/system/step.ts'
import { evaluates, examine, lookAll, type TrainPlan, urisOf } from './decide.ts'
import { runJob } from './job.ts'
import type { Run } from './open-run.ts'
import { inOrder } from './schedule.ts'
import type { Site } from './site.ts'
import { stepVariables } from './step-variables.ts'

/** Two at a time: enough for a graph to gain from it, little enough for a laptop. */
const SIDE_BY_SIDE = 2

/** How a step ended in this run. */
export interface StepResult {
  readonly step: string
  readonly state: 'ran' | 'skipped' | 'failed' | 'stopped' | 'not-reached'
  /** Why it ran or not, or how it failed. */
  readonly reason: string
  readonly durationMs: number | null
  readonly attempts: number
}

/** Runs what must run; `results` is filled as steps end, so that it is known after a failure as well. */
export async function runSteps(
  site: Site,
  plan: TrainPlan,
  run: Run,
  results: Map<string, StepResult>,
): Promise<void> {
  const { assignment, runtime } = site
  const { steps } = assignment.pipeline
  const order = assignment.order.map(({ name }) => name)
  await inOrder(steps, order, SIDE_BY_SIDE, async (name) => {
    const step = steps[name]
    if (step === undefined) return
    const startedAt = runtime.clock.now()
    const state = (result: Pick<StepResult, 'state' | 'reason'> & { attempts?: number }): void => {
      const ran = result.state !== 'skipped'
      const durationMs = ran ? Math.max(0, runtime.clock.now() - startedAt) : null
      results.set(name, { step: name, durationMs, attempts: result.attempts ?? 0, ...result })
    }
    const early = plan.steps[name]
    const skipped = early?.kind === 'skip' ? early.reason : undefined
    if (skipped !== undefined) {
      state({ state: 'skipped', reason: skipped })
      report(site, step, 'skipped', skipped)
      return
    }
    try {
      const { parts, decision } = await examine(site, step)
      if (decision.kind !== 'run') {
        state({ state: 'skipped', reason: decision.reason })
        report(site, step, 'skipped', decision.reason)
        return
      }
      report(site, step, 'running', decision.reason)
      const attempts = await runStep(site, step, parts, run)
      state({ state: 'ran', reason: decision.reason, attempts })
      report(site, step, 'done', formatDuration(runtime.clock.now() - startedAt))
    } catch (error) {
      const cancelled = error instanceof SluiceError && error.outcome === 'cancelled'
      const reason = (error as Error).message.split('\n')[0] ?? ''
      state({ state: cancelled || runtime.signals.cancelled.aborted ? 'stopped' : 'failed', reason })
      report(site, step, 'failed', reason)
      throw error
    }
  })
}

/** Returns the number of attempts. */
async function runStep(site: Site, step: Step, parts: StepParts, run: Run): Promise<number> {
  const { runtime, provider, assignment, records, code } = site
  const image = assignment.images[step.name]
  if (image === undefined) throw externalError('user', { what: `step ${step.name} has no image` })
  const startedAt = runtime.clock.now()
  const fingerprint = fingerprintOf(parts)
  const uris = urisOf(site, step.outputs)
  const env = stepVariables({
    run: run.id,
    seed: assignment.seed,
    parameters: parametersOf(step, assignment.parameters),
    inputs: urisOf(site, step.inputs),
    outputs: uris,
    champion: evaluates(site, step) ? site.champion : undefined,
  })
  const pipeline = assignment.pipeline.name
  const attempts = await runJob(runtime, provider.jobs, run, { pipeline, step, image, env, fingerprint })
  const outputs: Record<string, { uri: string; digest: `sha256:${string}` }> = {}
  for (const [name, digest] of Object.entries(await lookAll(site, step.outputs))) {
    const uri = uris[name] ?? ''
    if (digest === undefined) {
      throw externalError('user', {
        what: `step ${step.name} ended well, but did not write its output ${name} (${uri})`,
        rule: 'a step writes every output that it declares',
        remedy: `write it to the address in SLUICE_OUTPUT_${name.toUpperCase()}, or take it out of sluice.yml`,
      })
    }
    outputs[name] = { uri, digest }
  }
  await records.write({
    schema: 'sluice.step/v1',
    pipeline: assignment.pipeline.name,
    step: step.name,
    fingerprint,
    parts: { ...parts },
    outputs,
    run: run.id,
    seed: assignment.seed,
    image,
    ...(code === undefined ? {} : { code }),
    startedAt: new Date(startedAt).toISOString(),
    durationMs: runtime.clock.now() - startedAt,
    attempts,
  })
  return attempts
}

function report(
  { runtime }: Site,
  step: Step,
  state: 'running' | 'done' | 'failed' | 'skipped',
  text: string,
): void {
  runtime.log.emit({ kind: 'progress', task: `step ${step.name}`, state, text })
}

/** Results of all steps, those that were never reached included, in order. */
export function allResults(
  site: Pick<Site, 'assignment'>,
  results: ReadonlyMap<string, StepResult>,
  why: string,
): readonly StepResult[] {
  return site.assignment.order.map(
    ({ name }) =>
      results.get(name) ?? { step: name, state: 'not-reached', reason: why, durationMs: null, attempts: 0 },
  )
}

export function nothingToDo(plan: Readonly<Record<string, StepDecision>>): boolean {
  return Object.values(plan).every(({ kind }) => kind === 'skip')
}
