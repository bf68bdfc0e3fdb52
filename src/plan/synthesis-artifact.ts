import { type ArchiveEntry, archiveFault } from './archive.ts'

const STACK = '[a-z0-9][a-z0-9-]{0,62}'
/** What synthesis writes: the list, each stack's JSON, and assets, which nobody reads here. */
const KNOWN = new RegExp(
  `^(stacks\\.json|${STACK}/cdk\\.tf\\.json|${STACK}/assets/[A-Za-z0-9][\\w.-]{0,120}|${STACK}/)$`,
)

/**
 * Why an archive is not taken; undefined where it may be unpacked (promise R7). Names are a closed form, so nothing leaves its
 * folder and no file is there that an engine would read on its own (`*.tf`, `*.tfvars`, `override.tf.json`).
 */
export function synthesisFault(entries: readonly ArchiveEntry[]): string | undefined {
  return archiveFault(entries, {
    // Far more than any system has, far less than a machine minds.
    mostEntries: 500,
    largest: 16 * 1024 * 1024,
    largestInAll: 64 * 1024 * 1024,
    isKnown: (name) => KNOWN.test(name),
    strange: 'which synthesis does not write',
    needed: ['stacks.json'],
  })
}

/** What is read of an archive: assets are not. */
export function isRead(name: string): boolean {
  return name === 'stacks.json' || name.endsWith('/cdk.tf.json')
}

/** Where an artifact came from, as GitHub says, and where it has to come from. */
export interface ArtifactOrigin {
  readonly run: {
    readonly id: number
    readonly finished: boolean
    readonly conclusion: string | undefined
    readonly event: string
    readonly path: string
    readonly headSha: string
    readonly repository: number
  }
  readonly artifact: { readonly run: number | undefined; readonly expired: boolean; readonly name: string }
  readonly wanted: {
    /** Id of our repository. */
    readonly repository: number
    /** `.github/workflows/preview.yml`: the workflow that synthesizes. */
    readonly workflow: string
    readonly headSha: string
    readonly name: string
  }
}

/**
 * Why an artifact is not the one that is asked for; undefined where it is. Another workflow of the same repository, another
 * run or another commit may leave an artifact of the same name.
 */
export function originFault({ run, artifact, wanted }: ArtifactOrigin): string | undefined {
  if (run.repository !== wanted.repository) return `run ${run.id} is of repository ${run.repository}`
  if (run.path !== wanted.workflow) return `run ${run.id} is of ${run.path}, not of ${wanted.workflow}`
  if (run.event !== 'pull_request') return `run ${run.id} was started by ${run.event}, not by pull_request`
  if (!run.finished || run.conclusion !== 'success') return `run ${run.id} has not succeeded`
  if (run.headSha !== wanted.headSha)
    return `run ${run.id} is of commit ${run.headSha}, not of ${wanted.headSha}`
  if (artifact.name !== wanted.name) return `artifact ${artifact.name} is not ${wanted.name}`
  if (artifact.run !== run.id) return `artifact ${artifact.name} is of run ${artifact.run}, not of ${run.id}`
  if (artifact.expired) return `artifact ${artifact.name} has expired`
  return undefined
}
