import { SluiceError } from '../../domain/error.ts'
import type { Approver } from '../../domain/plans/approval.ts'
import { reviewedBy, sawUndecided } from '../../plan/approval.ts'
import { type Finding, nameOf, unnamed } from '../../plan/guard.ts'
import type { World } from '../command.ts'
import { personOf } from '../rollout/identity.ts'

export interface ApproveOptions {
  /** The id of the plan, typed on the command line. */
  readonly approve?: string
  /** `ADDRESS@PLANID`, or `destroys@PLANID`. */
  readonly allowLoss?: readonly string[]
  /** The environment of GitHub whose review counts, where it has another name. */
  readonly reviewedAs?: string
  /** Somebody whose approval the caller has read from GitHub itself, as for a command in a comment. */
  readonly approver?: Approver
  /** Which plan of its run on GitHub this is, from 1: each needs a review of its own. */
  readonly round?: number
}

/** @throws SluiceError refused, with what has to be written to let each finding pass. */
export function refuseUnnamed(findings: readonly Finding[], options: ApproveOptions, id: string): void {
  const [first, ...rest] = unnamed(findings, options.allowLoss ?? [], id).map((finding) => {
    const name = nameOf(finding, id)
    const remedy =
      name === undefined ? 'change the plan, or the policy' : `sluice apply --allow-loss ${quoted(name)}`
    return { what: finding.text, rule: 'what holds data is named before it goes', remedy }
  })
  if (first !== undefined) throw new SluiceError('refused', 'user', [first, ...rest])
}

/** For a shell: an address has quotes and brackets. */
const quoted = (text: string): string =>
  /^[\w.@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/**
 * Who says yes to exactly this plan: in GitHub Actions a reviewer of the environment who did not start the run, nor open the
 * pull request that it is about, read from the API at this moment; elsewhere a person who types the plan's id, or names it on
 * the command line.
 *
 * @throws SluiceError refused, where nobody does.
 */
export async function approverOf(
  world: World,
  environment: string,
  id: string,
  findings: readonly Finding[],
  options: ApproveOptions,
): Promise<Approver> {
  const approver = options.approver ?? (await asked(world, environment, id, options))
  const open = findings.filter(({ kind }) => kind === 'undecided')
  if (open.length === 0 || sawUndecided(approver)) return approver
  throw new SluiceError('refused', 'user', {
    what: `no rule can decide this plan: ${open.map(({ text }) => text).join('; ')}`,
    rule: 'what nobody can decide by rule is looked at by a person',
    remedy: 'run apply in a terminal and type the id of the plan, or have the environment reviewed on GitHub',
  })
}

async function asked(
  world: World,
  environment: string,
  id: string,
  options: ApproveOptions,
): Promise<Approver> {
  const { env, clock } = world.runtime
  const at = new Date(clock.now()).toISOString()
  if (env['GITHUB_ACTIONS'] === 'true')
    return {
      ...(await reviewed(world, options.reviewedAs ?? environment, options.round)),
      how: 'reviewed',
      at,
    }
  const by = personOf(world.runtime)
  if (options.approve !== undefined) return confirmed(options.approve, id, { by, how: 'named', at })
  if (world.ask === undefined) {
    throw unapproved(`nobody has approved plan ${id}`, `sluice apply --approve ${id}`)
  }
  const typed = await world.ask(`Type ${id} to apply this plan to ${environment}: `)
  return confirmed(typed ?? '', id, { by, how: 'typed', at })
}

function confirmed(typed: string, id: string, approver: Approver): Approver {
  if (typed.trim() === id) return approver
  throw unapproved(
    typed.trim() === ''
      ? `plan ${id} was not approved`
      : `${typed.trim()} is not the plan that is here: ${id}`,
    'look at the plan again, and name its id',
  )
}

async function reviewed(
  { runtime, reviews }: World,
  environment: string,
  round?: number,
): Promise<{ readonly by: string }> {
  const { env } = runtime
  const run = env['GITHUB_RUN_ID'] ?? ''
  if (reviews === undefined || run === '') {
    throw unapproved(
      'the reviews of this run cannot be read',
      'give the action its github-token, with actions: read',
    )
  }
  const { authorOfEvent } = await import('../../github/event.ts')
  // A label starts a run in the name of who sets it: what runs is the author's all the same.
  const author = await authorOfEvent(runtime.files, env)
  const actors = [env['GITHUB_ACTOR'], env['GITHUB_TRIGGERING_ACTOR'], author].flatMap((one) => one || [])
  const answer = reviewedBy(await reviews.of(run), environment, actors, round)
  if ('by' in answer) return answer
  throw unapproved(
    `environment ${environment}: ${answer.refusal}`,
    'let the environment require reviewers on GitHub, and have somebody else approve the run',
  )
}

const unapproved = (what: string, remedy: string): SluiceError =>
  new SluiceError('refused', 'user', { what, rule: 'somebody approves exactly this plan', remedy })
