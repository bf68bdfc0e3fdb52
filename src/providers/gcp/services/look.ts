import type { Secret } from '../../../domain/secret.ts'
import type { Service } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { ServiceStatus } from '../../ports/services.ts'
import { lookAt, type Readiness, readinessOf, type Seen, words } from './health.ts'
import type { RunRecord } from './record.ts'
import type { RunKind, RunResource, RunRevision } from './resource.ts'
import { revisionStatus } from './status.ts'
import { modelsOf } from './template.ts'

export interface LookParts {
  readonly runtime: Runtime
  readonly access: { identity(audience: string): Promise<Secret | undefined> }
  readonly services: Readonly<Record<string, Service>>
  /** The last lines of a revision that did not start, Google's own among them. */
  readonly lastLines: (service: string, revision: string) => Promise<readonly string[]>
}

interface Subject {
  readonly kind: RunKind
  readonly resource: RunResource
}

/** How revisions are: what Cloud Run says of them, and what they answer themselves. */
export class Looker {
  readonly #parts: LookParts
  /** Services that were said to be closed to this machine. */
  readonly #closed = new Set<string>()

  constructor(parts: LookParts) {
    this.#parts = parts
  }

  async status(
    service: string,
    { kind, resource }: Subject,
    record: RunRecord,
    name: string,
    revision: RunRevision | undefined,
  ): Promise<ServiceStatus['revisions'][number]> {
    const share = record.serving.find((one) => one.revision === name)
    const weight = share?.percent ?? 0
    const { manualInstanceCount = 0 } = resource.scaling
    const automatic = Math.max(1, revision?.scaling.minInstanceCount ?? 1)
    const desired = record.paused ? 0 : kind.split === 'traffic' ? automatic : manualInstanceCount
    const readiness = await this.#readiness(service, resource, name, revision)
    const address = share?.uri ?? (weight === 100 ? resource.uri : undefined)
    const ask = readiness.kind === 'ready' && desired > 0 && address !== undefined && revision !== undefined
    const seen = ask ? await this.#seen(service, resource, address, revision) : undefined
    return revisionStatus({
      name,
      revision,
      readiness,
      seen,
      weight,
      desired,
      uri: share?.uri,
      staged: record.next === name,
      image: templateImage(resource),
    })
  }

  async #readiness(
    service: string,
    { terminalCondition }: RunResource,
    name: string,
    revision: RunRevision | undefined,
  ): Promise<Readiness> {
    if (revision === undefined) {
      const failed = terminalCondition?.state === 'CONDITION_FAILED' ? terminalCondition : undefined
      return failed === undefined
        ? { kind: 'starting', why: 'Cloud Run has not made it yet' }
        : { kind: 'failed', why: words(failed) }
    }
    const readiness = readinessOf(revision)
    if (readiness.kind !== 'failed') return readiness
    const lines = await this.#parts.lastLines(service, name).catch(() => [])
    return lines.length === 0 ? readiness : { kind: 'failed', why: `${readiness.why} (${lines.join(' | ')})` }
  }

  /** Its health path, asked as its callers ask; a service without one has only what Cloud Run says. */
  async #seen(
    service: string,
    { ingress, uri, invokerIamDisabled }: RunResource,
    address: string,
    { annotations }: RunRevision,
  ): Promise<Seen | undefined> {
    const { services, runtime, access } = this.#parts
    const health = services[service]?.health
    if (health === undefined) return undefined
    const identity = invokerIamDisabled ? undefined : await access.identity(uri ?? address)
    const open = ingress === 'INGRESS_TRAFFIC_ALL'
    const models = modelsOf(annotations)
    const seen = await lookAt(runtime, { url: address.replace(/\/$/, '') + health, models, open, identity })
    if (seen.kind === 'closed' && models.length > 0 && !this.#closed.has(service)) {
      this.#closed.add(service)
      const text = `${service} is closed to this machine: that it loaded its models is what Cloud Run's own probe of ${health} says`
      runtime.log.emit(message('notice', text))
    }
    return seen
  }
}

function templateImage({ template }: RunResource): string {
  const { containers } = template
  const [first] = Array.isArray(containers) ? (containers as { image?: unknown }[]) : []
  return String(first?.image ?? '')
}
