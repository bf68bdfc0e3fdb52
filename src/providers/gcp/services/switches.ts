import { SluiceError, usageError } from '../../../domain/error.ts'
import type { Service } from '../../../domain/system/system.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { readinessOf } from './health.ts'
import type { CloudRunHost } from './host.ts'
import { counted, pause, recordOf, resume, stage } from './record.ts'
import type { Subject } from './sights.ts'
import { attemptName, isAttemptOf, revisionId, type Template } from './template.ts'

/** Time that `restart` gives the new revision to become ready, milliseconds. */
const STARTING = 5 * 60_000
const TRIES = 50

/** Switches services of Cloud Run off, on, and over to fresh copies of themselves. */
export class Switches {
  readonly #runtime: Pick<Runtime, 'clock' | 'random' | 'signals'>
  readonly #host: CloudRunHost
  readonly #services: Readonly<Record<string, Service>>

  constructor(
    runtime: Pick<Runtime, 'clock' | 'random' | 'signals'>,
    host: CloudRunHost,
    services: Readonly<Record<string, Service>>,
  ) {
    this.#runtime = runtime
    this.#host = host
    this.#services = services
  }

  /** No copies; address, revisions and traffic stay, and no plan sees it: it leaves scaling alone (promise R22). */
  async pause(service: string): Promise<void> {
    await this.#host.apply(service, async ({ kind, resource }) => pause(kind, resource))
  }

  async resume(service: string): Promise<void> {
    await this.#host.apply(service, async ({ kind, resource }) => {
      const { min } = this.#services[service]?.scale ?? { min: 1 }
      return resume(
        kind,
        resource,
        kind.split === 'traffic' ? { scalingMode: 'AUTOMATIC' } : counted(kind, Math.max(1, min)),
      )
    })
  }

  /**
   * Cloud Run starts copies anew for a new revision alone: the same template under the name of another try, which takes the
   * traffic once it is ready. One that was cut off is gone on with.
   */
  async restart(service: string): Promise<void> {
    let name = ''
    await this.#host.apply(service, async (subject) => {
      const { kind, resource } = subject
      const { base, next, paused } = recordOf(kind, resource)
      if (base === undefined || paused) throw nothingRuns(service)
      if (next !== undefined && isAttemptOf(next, base)) {
        name = next
        return undefined
      }
      name = await this.#freeName(subject, base)
      const template = { ...(await this.#templateOf(subject, base)), revision: name }
      return stage(kind, resource, { revision: name, template, fresh: undefined })
    })
    const why = await this.#ready(service, name)
    const id = revisionId(name)
    if (why !== undefined) {
      await this.#host.revert(service, id)
      throw new SluiceError('external', 'user', {
        what: `${service} was not restarted: ${why}`,
        remedy: 'what ran before goes on serving; see "sluice operate logs"',
      })
    }
    await this.#host.shift(service, id, 100)
    await this.#host.settle(service, id)
  }

  async #freeName({ kind }: Subject, base: string): Promise<string> {
    for (let attempt = 2; attempt <= TRIES; attempt++) {
      const name = attemptName(revisionId(base), attempt)
      if ((await this.#host.revision(kind, name)) === undefined) return name
    }
    throw usageError({
      what: `${base} has been started ${TRIES} times`,
      remedy: 'roll a new release out, or remove old revisions in the console of Cloud Run',
    })
  }

  /** The template that is there may be one that was taken back: then what runs says what it was made of. */
  async #templateOf({ kind, resource }: Subject, base: string): Promise<Template> {
    const { revision, ...template } = resource.template
    if (revision === base) return template
    const running = await this.#host.revision(kind, base)
    if (running === undefined) throw nothingRuns(kind.id)
    return Object.fromEntries(Object.entries(running).filter(([field]) => TEMPLATE_FIELDS.includes(field)))
  }

  /** Why it does not become ready; undefined where it does. */
  async #ready(service: string, name: string): Promise<string | undefined> {
    let last = 'Cloud Run has not made it'
    const { clock, signals } = this.#runtime
    const ended = await pollUntil(
      this.#runtime,
      async (): Promise<'ready' | 'failed' | undefined> => {
        const found = await this.#host.revisionOf(service, name)
        if (found === undefined) return undefined
        const readiness = readinessOf(found)
        if (readiness.kind === 'ready') return 'ready'
        last = readiness.why
        return readiness.kind === 'failed' ? 'failed' : undefined
      },
      { every: 1000, deadline: clock.now() + STARTING, signal: signals.cancelled },
    )
    return ended !== 'timed-out' && ended.found === 'ready' ? undefined : last
  }
}

/** What a revision and the template of one have in common. */
const TEMPLATE_FIELDS: readonly string[] = [
  'labels',
  'annotations',
  'scaling',
  'vpcAccess',
  'timeout',
  'serviceAccount',
  'containers',
  'volumes',
  'executionEnvironment',
  'encryptionKey',
  'maxInstanceRequestConcurrency',
  'sessionAffinity',
  'nodeSelector',
]

const nothingRuns = (service: string): SluiceError =>
  usageError({
    what: `nothing of ${service} runs that could be restarted`,
    remedy: 'roll a release out, or run "sluice operate resume"',
  })
