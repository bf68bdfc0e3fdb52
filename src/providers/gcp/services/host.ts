import type { ImageReference } from '../../../domain/digest.ts'
import { externalError, SluiceError, usageError } from '../../../domain/error.ts'
import type { Target, Targets } from '../../../domain/stacks/targets.ts'
import type { Service } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import { Turns } from '../../../runtime/turns.ts'
import { isFrugal } from '../../../runtime/watch-pace.ts'
import type { HostPace, RevisionSpec, ServiceHost, ServiceStatus } from '../../ports/services.ts'
import type { GcpClient } from '../client.ts'
import { GcpError } from '../trouble.ts'
import { follow, type Operation, type RunApi, runApi } from './api.ts'
import { readinessOf } from './health.ts'
import { Looker, type LookParts } from './look.ts'
import {
  type Change,
  counted,
  foreignSplit,
  recordOf,
  revert,
  SCALING,
  type Serving,
  settle,
  shift,
  stage,
} from './record.ts'
import { kindOf, type RunKind, type RunResource, type RunRevision, runTarget } from './resource.ts'
import { Sights, type Subject } from './sights.ts'
import { isPlaceholder } from './status.ts'
import { attemptName, filledTemplate, revisionId, revisionName, type Template } from './template.ts'

export interface CloudRunOptions extends LookParts {
  readonly client: GcpClient
  readonly targets: () => Promise<Targets>
  /** Image of sluice.yml -> what was built last; undefined where it was not. */
  readonly built: (image: string) => Promise<ImageReference | undefined>
}

/** Attempts at a change that others get in between of. */
const CONFLICTS = 6
/** A release that fails is tried again under a new name, so often. */
const TRIES = 20
/** Time for observed traffic to become what was wished. */
const SHOWN = 60_000

/**
 * Services and worker pools of Cloud Run. What it does is a function of what the service is (record.ts), sent with the etag of
 * what was read: who is second reads again, and decides again (promise R30).
 */
export class CloudRunHost implements ServiceHost {
  /** Reads of the Admin API have a quota per minute; what is throttled is waited out (promise R26). */
  readonly pace: HostPace
  readonly #options: CloudRunOptions
  readonly #api: RunApi
  readonly #sights: Sights
  readonly #turns = new Turns()

  constructor(options: CloudRunOptions) {
    this.#options = options
    this.pace = { every: 2000, patience: 15 * 60_000, frugal: isFrugal(options.runtime.env) }
    this.#api = runApi(options.client)
    this.#sights = new Sights(this.#api, new Looker(options), (service) => this.#find(service))
  }

  describe(service: string, awaited?: string): Promise<ServiceStatus> {
    return this.#sights.describe(service, awaited)
  }

  stage(spec: RevisionSpec, given?: AbortSignal): Promise<string> {
    const { name } = spec.service
    let told = false
    const decide = async ({ kind, target, resource }: Subject): Promise<Change | undefined> => {
      const split = told ? undefined : foreignSplit(kind, resource)
      if (split !== undefined) {
        const text = `${name}: its traffic was split by somebody else (${split}); this release moves all of it`
        this.#options.runtime.log.emit(message('warning', text))
        told = true
      }
      const { revision, template } = await this.#wanted({ kind, target, resource }, spec)
      const fresh = this.#scalingOf(kind, resource, spec.service)
      return stage(kind, resource, { revision, template, fresh })
    }
    const work = async (signal: AbortSignal): Promise<string> => {
      await this.#change(name, decide, signal)
      const found = await this.#subject(name)
      const id = revisionName(found.kind.id, await this.#template(found, spec))
      this.#sights.begun(name, found, this.#actual(found.kind, found.resource, id))
      return id
    }
    return this.#turns.take(name, work, given)
  }

  shift(service: string, revision: string, percent: number): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      const move = async ({ kind, resource }: Subject): Promise<Change | undefined> =>
        shift(kind, resource, this.#actual(kind, resource, revision), percent)
      const operation = await this.#change(service, move, signal)
      await this.#followed(`moving ${percent} % of ${service}`, operation, signal)
      await this.#shown(service, revision, percent, signal)
    })
  }

  settle(service: string, revision: string): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      const end = async ({ kind, resource }: Subject): Promise<Change | undefined> =>
        settle(kind, resource, this.#actual(kind, resource, revision))
      await this.#followed(`settling ${service}`, await this.#change(service, end, signal), signal)
    })
  }

  revert(service: string, revision: string): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      if ((await this.#find(service)) === undefined) return
      const back = async ({ kind, resource }: Subject): Promise<Change | undefined> => {
        const { base } = recordOf(kind, resource)
        const before = base === undefined ? undefined : await this.#api.revision(kind, base)
        const placeholder = before === undefined || isPlaceholder(before)
        return revert(kind, resource, this.#actual(kind, resource, revision), placeholder)
      }
      const operation = await this.#change(service, back, signal)
      // A revision that never became ready makes the operation fail as well; where the traffic is, is read back.
      await this.#followed(`reverting ${service}`, operation, signal).catch((error: unknown) => {
        this.#options.runtime.log.emit(message('debug', (error as Error).message))
      })
    })
  }

  async #followed(what: string, operation: Operation | undefined, signal: AbortSignal): Promise<void> {
    const { runtime, client } = this.#options
    if (operation !== undefined) await follow(runtime, client, { what, started: operation, signal })
  }

  /** Changes a service over exactly what was read; undefined where nothing is to be changed. */
  async #change(
    service: string,
    decide: (subject: Subject) => Promise<Change | undefined>,
    signal: AbortSignal,
  ): Promise<Operation | undefined> {
    for (let attempt = 1; ; attempt++) {
      const subject = await this.#subject(service)
      const change = await decide(subject)
      if (change === undefined) return undefined
      // What nobody waits for any more moves nothing.
      signal.throwIfAborted()
      try {
        return await this.#api.patch(subject.kind, subject.resource, change)
      } catch (error) {
        const conflict = error instanceof GcpError && (error.status === 409 || error.status === 412)
        if (!conflict || attempt >= CONFLICTS) throw error
      }
    }
  }

  /** `operate` pauses, resumes and restarts in the same way. */
  async apply(service: string, decide: (subject: Subject) => Promise<Change | undefined>): Promise<void> {
    const { cancelled } = this.#options.runtime.signals
    await this.#followed(`changing ${service}`, await this.#change(service, decide, cancelled), cancelled)
  }

  revision(kind: RunKind, name: string): Promise<RunRevision | undefined> {
    return this.#api.revision(kind, name)
  }

  async revisionOf(service: string, name: string): Promise<RunRevision | undefined> {
    const { kind } = await this.#subject(service)
    return this.#api.revision(kind, name)
  }

  async #find(service: string): Promise<Subject | undefined> {
    const { services } = await this.#options.targets()
    const target: Target | undefined = services[service]
    if (target === undefined) return undefined
    const checked = runTarget(service, target)
    const kind = kindOf(checked)
    const resource = await this.#api.find(kind)
    return resource === undefined ? undefined : { kind, target: checked, resource }
  }

  async #subject(service: string): Promise<Subject> {
    const found = await this.#find(service)
    if (found !== undefined) return found
    const { services } = await this.#options.targets()
    throw new SluiceError('stale', 'user', {
      what: `there is no service ${service} on Google Cloud`,
      rule: `targets.json has ${Object.keys(services).join(', ') || 'none'}`,
      remedy: 'run "sluice plan", then "sluice apply"',
    })
  }

  async nameOf(service: string, id: string): Promise<string> {
    const { kind, resource } = await this.#subject(service)
    return this.#actual(kind, resource, id)
  }

  /** The name in Cloud Run of a revision that we know by its id: the last try of it. */
  #actual(kind: RunKind, resource: RunResource, id: string): string {
    const { base, next } = recordOf(kind, resource)
    return [next, base].find((name) => name !== undefined && revisionId(name) === id) ?? id
  }

  async #template({ target, resource }: Subject, spec: RevisionSpec): Promise<Template> {
    const sidecars: Record<string, ImageReference | undefined> = {}
    for (const [name, { image }] of Object.entries(spec.service.sidecars)) {
      sidecars[name] = spec.sidecars?.[name] ?? (await this.#options.built(image))
    }
    // A team's own stacks may say nothing: then what runs is the template of what shall run.
    const { revision: _name, ...live } = resource.template
    return filledTemplate(target.template ?? live, spec, sidecars)
  }

  /** The revision of a release: one that is there already, or the template of a new one. */
  async #wanted(
    subject: Subject,
    spec: RevisionSpec,
  ): Promise<{ readonly revision: string; readonly template: Template | undefined }> {
    const { kind, resource } = subject
    const template = await this.#template(subject, spec)
    const name = revisionName(kind.id, template)
    const { base, next } = recordOf(kind, resource)
    const known = [next, base].find((one) => one !== undefined && revisionId(one) === name)
    if (known !== undefined) return { revision: known, template: undefined }
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const revision = attemptName(name, attempt)
      const found = await this.#api.revision(kind, revision)
      if (found === undefined) return { revision, template: { ...template, revision } }
      if (readinessOf(found).kind !== 'failed') return { revision, template: undefined }
    }
    throw usageError({
      what: `revision ${name} has failed ${TRIES} times`,
      rule: 'a revision that failed keeps its name for good',
      remedy: 'build a new image, or remove failed revisions in the console of Cloud Run',
    })
  }

  /** How many copies there shall be, where a person has not switched the service off. */
  #scalingOf(kind: RunKind, { annotations, scaling }: RunResource, { scale }: Service): Change['scaling'] {
    if (annotations[SCALING] !== undefined) return undefined
    if (kind.split === 'instanceSplits') return counted(kind, scale.min)
    return scaling.scalingMode === 'MANUAL' ? { scalingMode: 'AUTOMATIC' } : undefined
  }

  /** Cloud Run keeps an old split for later deployments: what was asked for counts once it is seen (promise R31). */
  async #shown(service: string, revision: string, percent: number, signal: AbortSignal): Promise<void> {
    const { runtime } = this.#options
    let stands: readonly Serving[] = []
    const ended = await pollUntil(
      runtime,
      async (): Promise<true | undefined> => {
        const { kind, resource } = await this.#subject(service)
        stands = recordOf(kind, resource).serving
        const ours = stands.find((one) => revisionId(one.revision) === revision)
        return (ours?.percent ?? 0) === percent ? true : undefined
      },
      { every: 500, deadline: runtime.clock.now() + SHOWN, signal },
    )
    if (ended !== 'timed-out') return
    const text = stands.map((one) => `${one.revision} ${one.percent} %`).join(', ')
    throw externalError('user', {
      what: `${service}: ${percent} % was asked for revision ${revision}, but the traffic stands at ${text}`,
      rule: 'a split counts once Cloud Run reports it',
      remedy: 'see "sluice operate status"; find out who else moves traffic',
    })
  }
}
