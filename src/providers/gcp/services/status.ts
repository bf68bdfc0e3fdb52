import { type ImageReference, isDigest } from '../../../domain/digest.ts'
import type { RevisionStatus } from '../../ports/services.ts'
import type { Readiness, Seen } from './health.ts'
import type { RunRevision } from './resource.ts'
import { modelsOf, RELEASE, revisionId } from './template.ts'

/** Google's own images, with which stacks make services before there is a release (cdktf/gcp). */
const PLACEHOLDER = 'us-docker.pkg.dev/cloudrun/container/'

export function isPlaceholder({ containers, annotations }: RunRevision): boolean {
  return annotations[RELEASE] === undefined && containers[0]?.image.startsWith(PLACEHOLDER) === true
}

export interface Looked {
  /** Its name in Cloud Run. */
  readonly name: string
  readonly revision: RunRevision | undefined
  readonly readiness: Readiness
  /** undefined: it has no address of its own that could be asked. */
  readonly seen: Seen | undefined
  readonly weight: number
  readonly desired: number
  readonly uri: string | undefined
  readonly staged: boolean
  /** Of the template, where the revision itself is not there yet. */
  readonly image: string
}

/**
 * A revision in our words. Cloud Run counts no instances here: a revision that is ready runs what was wished, any other
 * nothing.
 */
export function revisionStatus(looked: Looked): RevisionStatus {
  const { name, revision, readiness, seen, weight, desired, uri, staged, image } = looked
  const annotations = revision?.annotations ?? {}
  const release = annotations[RELEASE]
  const ready = readiness.kind === 'ready'
  const ill = seen?.kind === 'ill' ? seen : undefined
  return {
    id: revisionId(name),
    release: isDigest(release) ? release : null,
    // Whatever it runs is shown as it is; a tag is never taken for a digest.
    image: (revision?.containers[0]?.image ?? image) as ImageReference,
    models: ill?.models ?? modelsOf(annotations),
    weight,
    desired,
    running: ready ? desired : 0,
    healthy: ready && ill === undefined && desired > 0,
    trouble:
      readiness.kind === 'ready' ? (ill?.why ?? null) : readiness.kind === 'failed' ? readiness.why : null,
    createdAt: revision === undefined ? 0 : Date.parse(revision.createTime),
    staged,
    ...(uri === undefined ? {} : { url: uri }),
  }
}
