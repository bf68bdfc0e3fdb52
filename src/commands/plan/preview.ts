import * as z from 'zod'
import { digestOfValue } from '../../domain/digest.ts'
import { usageError } from '../../domain/error.ts'
import { addCounts, NO_COUNTS } from '../../domain/plans/plan-counts.ts'
import type { Secret } from '../../domain/secret.ts'
import { commentsOf } from '../../github/comments.ts'
import { eventPayload, runNumber } from '../../github/event.ts'
import { openGitHub } from '../../github/open.ts'
import { pullRequestsOf } from '../../github/pull-requests.ts'
import type { GitHubRest } from '../../github/rest.ts'
import { runsOf, type WorkflowRun } from '../../github/runs.ts'
import { keepComment, MARK_ROOM, marked } from '../../github/sticky.ts'
import { viewer } from '../../github/viewer.ts'
import { violations } from '../../plan/allow-list.ts'
import { allowedBy } from '../../plan/allowed-by.ts'
import { originFault } from '../../plan/synthesis-artifact.ts'
import { type SynthesizedStack, synthesisDiff } from '../../plan/synthesis-diff.ts'
import { COMMENT_LIMIT, headline, planMarkdown } from '../../report/plan/markdown.ts'
import type { Report, World } from '../command.ts'
import { openEnvironment } from '../environment.ts'
import { synthesizedStacks } from '../infrastructure/synthesized-stacks.ts'
import { runLink } from '../rollout/identity.ts'
import { stacksIn, untaken } from './preview-archive.ts'

export interface PreviewOptions {
  /** The workflow that synthesizes: `.github/workflows/synthesize.yml`. */
  readonly workflow: string
  readonly token: Secret | undefined
}

const eventSchema = z.looseObject({
  workflow_run: z.looseObject({ id: z.number().int(), head_sha: z.string().regex(/^[0-9a-f]{40}$/) }),
  repository: z.looseObject({ id: z.number().int() }),
})

/** Bytes of an archive; a synthesis is far smaller, and what is larger could keep the job busy by unpacking. */
const LARGEST = 4 * 1024 * 1024
const SETTLE = 5000
const NOTE =
  'Synthesized without credentials and compared with the base: no cloud was asked, and nothing of this pull request was run here.'

/** What the artifact of an environment is called. */
export const artifactName = (environment: string): string => `sluice-synthesis-${environment}`

/**
 * The preview of a pull request of anybody (promise R7): takes what a job without secrets synthesized, judges it by the
 * allow-list, and puts the difference to the base on the pull request. It runs in a job that checked out the base and has the
 * right to comment; no code of the pull request is read, no engine runs, no cloud is asked.
 */
export async function preview(world: World, { workflow, token }: PreviewOptions): Promise<Report> {
  const { runtime } = world
  const event = eventSchema.safeParse(await eventPayload(runtime.files, runtime.env))
  if (!event.success || token === undefined) {
    throw usageError({
      what: token === undefined ? 'there is no github-token' : 'this run was not started by another workflow',
      rule: 'a preview follows the workflow that synthesizes',
      remedy: 'start it "on: workflow_run" of that workflow, with permission to comment',
    })
  }
  const { environment } = world.request
  const rest = openGitHub(runtime, token)
  const { run, stacks: head } = await synthesisOf(rest, event.data, workflow, environment)
  const number = await pullOf(rest, run)
  const base = await synthesizedHere(world)
  const allowed = allowedBy(base)
  if (allowed === undefined) throw untaken('the base has no stacks of Sluice to compare it with')
  const found = head.flatMap(({ name, document }) =>
    violations(document, allowed).map(({ at, what }) => `${name}: ${at}: ${what}`),
  )
  const [first] = found
  const more = found.length > 1 ? `, and ${found.length - 1} more` : ''
  if (first !== undefined) throw untaken(`${first}${more}`)
  const stacks = [...synthesisDiff(base, head)]
  const counts = stacks.reduce((sum, stack) => addCounts(sum, stack.counts), NO_COUNTS)
  const fingerprint = digestOfValue(stacks.map(({ stack, changes }) => [stack, changes]))
  const plan = { environment, counts, stacks, fingerprint }
  const link = runLink(runtime)
  const markdown = planMarkdown(plan, {
    limit: COMMENT_LIMIT - MARK_ROOM - NOTE.length - 2,
    commit: run.headSha,
    ...(link === null ? {} : { run: link }),
  })
  const { redact = (text: string) => text } = world
  const summary = redact(`${markdown}\n${NOTE}\n`)
  const body = marked({ kind: 'preview', environment }, runNumber(runtime.env), summary)
  const settle = (): Promise<void> => runtime.clock.sleep(SETTLE, runtime.signals.cancelled)
  const comment = await keepComment(commentsOf(rest, number), body, await viewer(rest), settle)
  const changes = stacks.some((stack) => stack.changes.length > 0)
  return {
    command: 'plan',
    outcome: 'done',
    message: `preview of ${environment}: ${headline(plan)}`,
    outputs: { changes: String(changes), fingerprint, 'comment-url': comment.url },
    data: { counts },
    summary,
  }
}

async function synthesisOf(
  rest: GitHubRest,
  { workflow_run: started, repository }: z.infer<typeof eventSchema>,
  workflow: string,
  environment: string,
): Promise<{ readonly run: WorkflowRun; readonly stacks: readonly SynthesizedStack[] }> {
  const runs = runsOf(rest)
  const run = await runs.get(started.id)
  const name = artifactName(environment)
  const [artifact, second] = (await runs.artifacts(run.id)).filter((one) => one.name === name)
  if (artifact === undefined) throw untaken(`run ${run.id} has no artifact ${name}`)
  if (second !== undefined) throw untaken(`run ${run.id} has more than one artifact ${name}`)
  const wanted = { repository: repository.id, workflow, headSha: started.head_sha, name }
  const fault = originFault({ run, artifact, wanted })
  if (fault !== undefined) throw untaken(fault)
  if (artifact.size > LARGEST) throw untaken(`its archive is larger than ${LARGEST} bytes`)
  const zip = await runs.archive(artifact.id, LARGEST)
  return { run, stacks: stacksIn(zip, artifact.digest, environment) }
}

/** The one open pull request whose newest commit was synthesized, of the very repository whose run it was. */
async function pullOf(rest: GitHubRest, run: WorkflowRun): Promise<number> {
  const pulls = pullRequestsOf(rest)
  const numbers = await pulls.withHead(run.headSha)
  const found = await Promise.all(numbers.map((number) => pulls.get(number)))
  const own = found.filter(({ headRepository }) => headRepository === run.headRepository)
  const [one, other] = own
  if (one === undefined) throw untaken(`no open pull request is at ${run.headSha} any more`)
  if (other !== undefined)
    throw untaken(`pull requests ${one.number} and ${other.number} are both at ${run.headSha}`)
  return one.number
}

/** The stacks of the files that are checked out here: the base. */
async function synthesizedHere(world: World): Promise<readonly SynthesizedStack[]> {
  const { synth } = await import('../synth.ts')
  const { state } = await openEnvironment(world)
  await synth(world, {})
  return synthesizedStacks(world.runtime.files, state)
}
