import { externalError } from '../../domain/error.ts'
import type { RolloutPlan, ServiceAction } from '../../release/plan.ts'
import { judgeServing } from '../../release/serving.ts'
import { pollUntil } from '../../runtime/poll.ts'
import { isTransient } from './failure.ts'
import type { Site } from './site.ts'

/** Time for services that are being started again, as after a crash of the machine. */
const RETURNING = 60_000

type Kept = Extract<ServiceAction, { kind: 'keep' }>

/**
 * "No change" is said of a release that serves, not only of one that has the traffic.
 *
 * @throws SluiceError external where a service of the live release is not healthy and does not become so.
 */
export async function stillServes(site: Site, plan: RolloutPlan): Promise<void> {
  const kept = plan.actions.filter((action): action is Kept => action.kind === 'keep')
  for (const action of kept) await waitServing(site, plan, action)
}

async function waitServing({ runtime, provider }: Site, plan: RolloutPlan, action: Kept): Promise<void> {
  const { name } = action.service
  const { image, models, from } = action
  let why = 'it was not looked at'
  const ended = await pollUntil(
    runtime,
    async (): Promise<true | undefined> => {
      const spec = { image, models, release: from.release ?? plan.id }
      const serving = judgeServing(spec, from.id, await provider.services.describe(name))
      if (serving.kind === 'deployed' || serving.kind === 'idle') return true
      why = 'why' in serving ? serving.why : `superseded by ${serving.by}`
      return undefined
    },
    {
      every: provider.services.pace?.every ?? 250,
      deadline: runtime.clock.now() + RETURNING,
      signal: runtime.signals.cancelled,
      bear: { transient: isTransient, inARow: 4 },
    },
  )
  if (ended !== 'timed-out') return
  throw externalError('user', {
    what: `nothing is to be changed, but ${name} does not serve: ${why}`,
    remedy: `see "sluice operate logs --service ${name}"; then "sluice operate restart --service ${name}", or build and roll out a mended image`,
  })
}
