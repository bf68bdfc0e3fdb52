import { join } from 'node:path'
import { usageError } from '../../../domain/error.ts'
import { isName } from '../../../domain/name.ts'
import { secretValues } from '../../../domain/system/connections.ts'
import { engineEnvironment } from '../../../images/engines/environment.ts'
import { signalGroup } from '../../../runtime/node/exec.ts'
import { identify, isRunning } from '../../../runtime/process-identity.ts'
import type { Argv, Runtime } from '../../../runtime/runtime.ts'
import type { JobEngine, JobSpec, JobStatus } from '../../ports/jobs.ts'
import type { LogLine } from '../../ports/operations.ts'
import type { ContainerSource } from '../container.ts'
import type { EngineEndpoint } from '../engine.ts'
import { composeVariables, connectionVariables, inheritedVariables } from '../services/environment.ts'
import { containerName, containerOrder, type EngineImages, removeArgv } from './container-run.ts'
import { JobFiles } from './files.ts'
import { followLog, followText } from './follow.ts'
import type { Order } from './order.ts'
import { resolveSecrets } from './secrets.ts'
import { Keepers, keeperCommand } from './start-keeper.ts'

export interface JobsOptions {
  readonly runtime: Runtime
  /** Absolute path of `.sluice/<env>/cloud`. */
  readonly folder: string
  readonly containers: ContainerSource
  /** For steps with `engine: docker`, which are refused without it. */
  readonly docker?: {
    readonly images: EngineImages
    /** Absolute path of the folder that holds sluice.yml. */
    readonly root: string
  }
  /** Addresses of what runs beside the jobs, at the moment of asking: for all of them, and for those that connect. */
  readonly variables: () => Promise<Pick<EngineEndpoint, 'shared' | 'connections'>>
  /** How a keeper is started; default: the one that comes with Sluice. */
  readonly keeper?: Argv
  /** Milliseconds from SIGTERM to SIGKILL. The default leaves time for the rest of a cancel (7.5 s on GitHub). */
  readonly grace?: number
}

const GRACE = 4000
const POLL = 20
/** Characters of output that are shown as they are, however many lines they have. */
const BLOCK = 4096

/** Jobs as processes of this machine, or as containers where a step asks for one. All they leave lies in `jobs/<id>/`; any process can find them there. */
export class ProcessJobs implements JobEngine {
  readonly #options: JobsOptions
  readonly #keepers: Keepers

  constructor(options: JobsOptions) {
    this.#options = options
    this.#keepers = new Keepers(options.keeper ?? keeperCommand())
  }

  async start(spec: JobSpec): Promise<void> {
    const { runtime, grace = GRACE } = this.#options
    const job = this.#job(spec.id)
    // Before the claim: a secret without a value or an image that is not there must not leave a job behind.
    const start = await this.#startOf(spec, job.folder)
    const by = await identify(process.pid, runtime.exec)
    if (by === undefined) throw usageError({ what: 'this system does not tell when a process was started' })
    const claim = {
      id: spec.id,
      step: spec.step.name,
      ...(start.remove === undefined
        ? {}
        : { container: containerName({ id: spec.id, folder: job.folder }) }),
    }
    while (!(await job.claim({ ...claim, by }))) {
      if (!(await this.#wasAbandoned(job))) return
      await job.forget()
    }
    const order = { ...start, folder: job.folder, timeout: spec.step.timeout, grace }
    try {
      await this.#keepers.start(order)
    } catch (error) {
      await job.forget()
      throw error
    }
  }

  /** What the keeper starts: a container where the step asks for one, otherwise a process. */
  async #startOf(
    spec: JobSpec,
    folder: string,
  ): Promise<Pick<Order, 'argv' | 'cwd' | 'env' | 'secrets' | 'remove'>> {
    const { runtime, containers, docker } = this.#options
    const { id, step } = spec
    if (step.engine !== 'docker') {
      const container = await containers.prepare(spec.image, step.command)
      const image = { ...inheritedVariables(runtime.env), ...container.env }
      return { argv: container.argv, cwd: container.cwd, ...(await this.#variables(spec, image)) }
    }
    if (docker === undefined) throw usageError({ what: `step ${step.name} asks for a container engine` })
    const image = await docker.images.prepare(spec.image)
    // Its own ENV is the engine's to apply, and this machine's paths mean nothing in it.
    const { env: variables, secrets } = await this.#variables(spec, {})
    const { command, name, gpu } = step
    const run = { id, step: name, gpu, image, command, variables, secrets, folder, root: docker.root }
    return { ...containerOrder(run, runtime.env), cwd: docker.root, secrets }
  }

  async wait(id: string): Promise<JobStatus> {
    const step = (await this.#job(id).claimed())?.step ?? id
    await this.#mustHave(id)
    const { log, clock } = this.#options.runtime
    for await (const { text } of followText(this.#job(id).log, () => this.#hasEnded(id), clock)) {
      const lines = text.length > BLOCK ? [text] : text.split('\n')
      for (const line of lines) {
        log.emit({ kind: 'output', source: step, line: line.endsWith('\r') ? line.slice(0, -1) : line })
      }
    }
    return this.#mustHave(id)
  }

  async status(id: string): Promise<JobStatus | undefined> {
    const job = this.#job(id)
    if ((await job.claimed()) === undefined) return undefined
    const ending = await job.ending()
    if (ending !== undefined) return ending
    const keeper = await job.keeper()
    const none = { exitCode: null, reason: null, startedAt: null, endedAt: null }
    if (keeper === undefined)
      return (await this.#wasAbandoned(job)) ? undefined : { state: 'pending', ...none }
    if (await isRunning(keeper, this.#options.runtime.exec)) return { state: 'running', ...none }
    // It may have left its result between the two looks.
    return (await job.ending()) ?? (await this.#lost(job))
  }

  async stop(id: string): Promise<void> {
    const { runtime } = this.#options
    const job = this.#job(id)
    for (let asked = false; ; ) {
      const status = await this.status(id)
      if (status === undefined || (status.state !== 'running' && status.state !== 'pending')) return
      const keeper = await job.keeper()
      if (!asked && keeper !== undefined) {
        signalGroup(keeper.pid, 'SIGTERM')
        asked = true
      }
      await runtime.clock.sleep(POLL)
    }
  }

  async *logs(id: string): AsyncGenerator<LogLine> {
    await this.#mustHave(id)
    const ended = (): Promise<boolean> => this.#hasEnded(id)
    const { clock, signals } = this.#options.runtime
    yield* followLog(this.#job(id).log, id, ended, clock, signals.cancelled)
  }

  async #hasEnded(id: string): Promise<boolean> {
    const { state } = await this.#mustHave(id)
    return state !== 'running' && state !== 'pending'
  }

  #job(id: string): JobFiles {
    if (!isName(id)) throw usageError({ what: `${JSON.stringify(id)} is no job id` })
    return new JobFiles(this.#options.runtime.files, join(this.#options.folder, 'jobs', id))
  }

  async #mustHave(id: string): Promise<JobStatus> {
    const status = await this.status(id)
    if (status === undefined) throw usageError({ what: `there is no job ${id}` })
    return status
  }

  /** Claimed by a process that ended before any keeper had taken the job: it never ran. */
  async #wasAbandoned(job: JobFiles): Promise<boolean> {
    const claim = await job.claimed()
    if (claim === undefined || (await job.keeper()) !== undefined) return false
    if (await isRunning(claim.by, this.#options.runtime.exec)) return false
    // A keeper that was just started takes a moment to write its name; if it comes later still, it finds no folder.
    await this.#options.runtime.clock.sleep(1000)
    return (await job.keeper()) === undefined
  }

  /** The keeper was killed. What is left of the job has no time-out any more, so it ends here. */
  async #lost(job: JobFiles): Promise<JobStatus> {
    const { exec, clock } = this.#options.runtime
    const left = await job.process()
    if (left !== undefined && (await isRunning(left, exec))) signalGroup(left.pid, 'SIGKILL')
    const container = (await job.claimed())?.container
    if (container !== undefined) {
      await exec.run(removeArgv(container), { env: engineEnvironment(this.#options.runtime.env) })
    }
    const now = clock.now()
    const reason = 'the process that kept it ended, or the machine was restarted'
    const ending = { state: 'failed', exitCode: null, reason, startedAt: now, endedAt: now } as const
    await job.end(ending)
    return ending
  }

  /** What the job is given, and which values of it are masked here and kept out of its log (promise R5). */
  async #variables(
    spec: JobSpec,
    image: Readonly<Record<string, string>>,
  ): Promise<Pick<Order, 'env' | 'secrets'>> {
    const { runtime, folder, variables } = this.#options
    const { step } = spec
    const around = await variables()
    const resolved = await resolveSecrets(runtime, join(folder, 'secrets.json'), step.secrets)
    const named = Object.fromEntries(
      Object.entries(resolved).map(([name, secret]) => [name, secret.reveal()]),
    )
    const connections = connectionVariables(step.connects, [{ url: '', ...around }], {})
    const ofCloud = secretValues({ ...around.shared, ...connections })
    for (const value of ofCloud) runtime.log.emit({ kind: 'mask', value })
    const env = composeVariables({
      inherited: {},
      image,
      shared: around.shared,
      connections,
      own: { ...step.env, ...spec.env },
      secrets: named,
      models: [],
      port: null,
    })
    return { env, secrets: [...Object.values(named), ...ofCloud] }
  }
}
