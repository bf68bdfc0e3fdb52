import { type ArchiveEntry, archiveFault } from './archive.ts'

/** Whose plan an artifact holds. */
export interface PlannedEnvironment {
  readonly system: string
  readonly environment: string
}

/**
 * The artifact in which a job hands over what `plan` left, to the job that applies. Systems of a monorepo share a run, and no name
 * of either has a dot.
 */
export const planArtifact = ({ system, environment }: PlannedEnvironment): string =>
  `${shortArtifact({ environment })}.${system}`

/** As a repository of one system may name it that writes its workflows itself. */
const shortArtifact = ({ environment }: Pick<PlannedEnvironment, 'environment'>): string =>
  `sluice-plan-${environment}`

const STACK = '[a-z0-9][a-z0-9-]{0,62}'
/** A part of a path: no `.` alone, no `..`, nothing that another system reads as a separator or a device. */
const PART = '(?!\\.{1,2}(?:/|$))[\\w.@+ =,-]{1,200}'
/** What `plan` leaves for `apply`. */
const KNOWN = new RegExp(
  `^(?:approval\\.json|plan\\.json|plans/(?:\\.gitignore|${STACK}\\.tfplan)?|stacks/(?:stacks\\.json)?|stacks/${STACK}(?:/${PART}){0,32}/?)$`,
)
/** What the engine puts beside a configuration: it fetches that itself, by the lock. */
const ENGINES_OWN = /(?:^|\/)\.terraform(?:\/|$)/

/**
 * Why the archive of a plan is not taken; undefined where it may be unpacked (promise R14). Its names are a closed form below the
 * state of the environment, so nothing leaves it. Whether its files are those that were approved, their digests say.
 */
export function planArchiveFault(entries: readonly ArchiveEntry[]): string | undefined {
  return archiveFault(entries, {
    // Stacks of a team's own may have many files; a plan of 100,000 resources is 100 MB.
    mostEntries: 10_000,
    largest: 512 * 1024 * 1024,
    largestInAll: 1024 * 1024 * 1024,
    isKnown: (name) => KNOWN.test(name) && !ENGINES_OWN.test(name),
    strange: 'which plan does not hand over',
    // Without them nothing can be applied.
    needed: ['approval.json', 'stacks/stacks.json'],
  })
}

/** A run of a workflow, as GitHub says. */
export interface PlanRun {
  readonly id: number
  readonly finished: boolean
  readonly conclusion: string | undefined
  readonly event: string
  readonly path: string
  readonly headSha: string
  readonly headRepository: number | undefined
  readonly repository: number
}

export interface WantedPlan {
  readonly repository: number
  /** `.github/workflows/plan.yml` */
  readonly workflow: string
  readonly headSha: string
}

/**
 * The run whose plan is to be applied: the newest of that workflow on that commit, of a pull request of the repository itself.
 * An older one is never taken in its place, since what it planned may have been overtaken.
 */
export function planRunOf<R extends PlanRun>(
  runs: readonly R[],
  { repository, workflow, headSha }: WantedPlan,
): { readonly run: R } | { readonly fault: string } {
  const own = runs.filter(
    (run) =>
      run.repository === repository &&
      run.headRepository === repository &&
      run.path === workflow &&
      run.event === 'pull_request' &&
      run.headSha === headSha,
  )
  const newest = own.toSorted((a, b) => b.id - a.id)[0]
  if (newest === undefined) return { fault: `${workflow} has not run on ${headSha}` }
  if (!newest.finished) return { fault: `run ${newest.id} of ${workflow} is still planning` }
  if (newest.conclusion !== 'success') return { fault: `run ${newest.id} of ${workflow} has not succeeded` }
  return { run: newest }
}

/** What is known of an artifact before it is fetched. */
export interface PlanArtifact {
  readonly name: string
  readonly run: number | undefined
  readonly expired: boolean
  readonly digest: string | undefined
}

/**
 * The one artifact of that name which the run left; a second one of the name is somebody's trick. The short name counts where
 * there is none of the whole one.
 */
export function planArtifactOf<A extends PlanArtifact>(
  artifacts: readonly A[],
  run: number,
  planned: PlannedEnvironment,
): { readonly artifact: A } | { readonly fault: string } {
  const whole = planArtifact(planned)
  const short = shortArtifact(planned)
  const name = artifacts.some((artifact) => artifact.name === whole) ? whole : short
  const [one, other] = artifacts.filter((artifact) => artifact.name === name)
  if (one === undefined) return { fault: `run ${run} has no artifact ${whole} or ${short}` }
  if (other !== undefined) return { fault: `run ${run} has more than one artifact ${name}` }
  if (one.run !== run) return { fault: `artifact ${name} is of run ${one.run}, not of ${run}` }
  if (one.expired) return { fault: `artifact ${name} of run ${run} has expired` }
  if (one.digest === undefined) return { fault: `GitHub keeps no digest of artifact ${name}` }
  return { artifact: one }
}
