import type { RevisionStatus, ServiceStatus } from '../../ports/services.ts'
import type { RunApi } from './api.ts'
import { readinessOf } from './health.ts'
import type { Looker } from './look.ts'
import { recordOf } from './record.ts'
import type { RunKind, RunResource, RunRevision, RunTarget } from './resource.ts'
import { isPlaceholder } from './status.ts'
import { revisionId } from './template.ts'

/** What is known of one service in one look. */
export interface Subject {
  readonly kind: RunKind
  readonly target: RunTarget
  readonly resource: RunResource
}

/** A revision that started when it was looked at. */
interface Starting {
  readonly subject: Subject
  /** Its name in Cloud Run. */
  readonly name: string
}

/** What Cloud Run says of services, in our words. It changes nothing. */
export class Sights {
  readonly #api: RunApi
  readonly #looker: Looker
  readonly #find: (service: string) => Promise<Subject | undefined>
  readonly #starting = new Map<string, Starting>()

  constructor(api: RunApi, looker: Looker, find: (service: string) => Promise<Subject | undefined>) {
    this.#api = api
    this.#looker = looker
    this.#find = find
  }

  /** What a revision was begun with is known: looks at it ask for it alone. */
  begun(service: string, subject: Subject, name: string): void {
    this.#starting.set(service, { subject, name })
  }

  /** @param awaited id of a revision: while it starts it is asked for alone, in one request; any end is seen by a whole look. */
  async describe(service: string, awaited?: string): Promise<ServiceStatus> {
    const starting = awaited === undefined ? undefined : this.#starting.get(service)
    const seen = new Map<string, RunRevision>()
    if (starting !== undefined && revisionId(starting.name) === awaited) {
      const revision = await this.#api.revision(starting.subject.kind, starting.name)
      // That it starts no more is what a whole look is about to tell.
      if (revision !== undefined) seen.set(starting.name, revision)
      if (isStarting(revision)) {
        const { resource } = starting.subject
        const status = await this.#status(service, starting.subject, starting.name, revision)
        return { service, state: 'rolling', url: resource.uri ?? null, revisions: [status] }
      }
    }
    this.#starting.delete(service)
    const found = await this.#find(service)
    if (found === undefined) return { service, state: 'absent', url: null, revisions: [] }
    const { kind, resource } = found
    const record = recordOf(kind, resource)
    const names = new Set([
      ...record.serving.filter(({ percent }) => percent > 0).map(({ revision }) => revision),
      ...[record.base, record.next].filter((name) => name !== undefined),
    ])
    const revisions: RevisionStatus[] = []
    for (const name of names) {
      const isOther = record.next !== undefined && revisionId(record.next) === awaited && name !== record.next
      if (isOther) continue
      const revision = seen.get(name) ?? (await this.#api.revision(kind, name))
      if (revision === undefined ? name !== record.next : isPlaceholder(revision)) continue
      revisions.push(await this.#status(service, found, name, revision))
      if (revisionId(name) === awaited && isStarting(revision))
        this.#starting.set(service, { subject: found, name })
    }
    const state = record.paused ? 'paused' : record.next === undefined ? 'running' : 'rolling'
    return {
      service,
      state: revisions.length === 0 ? 'absent' : state,
      url: resource.uri ?? null,
      revisions,
    }
  }

  #status(
    service: string,
    subject: Subject,
    name: string,
    revision: RunRevision | undefined,
  ): Promise<RevisionStatus> {
    const record = recordOf(subject.kind, subject.resource)
    return this.#looker.status(service, subject, record, name, revision)
  }
}

/** It is there, and Cloud Run has neither taken it nor given it up. */
function isStarting(revision: RunRevision | undefined): revision is RunRevision {
  return revision !== undefined && readinessOf(revision).kind === 'starting'
}
