import type { JobEngine, JobSpec, JobStatus } from '../../src/providers/ports/jobs.ts'
import type { LogLine } from '../../src/providers/ports/operations.ts'

/** What a job did: its exit code, or that it waits for its stop or for its time-out. */
export type JobEnd = number | 'hangs' | 'times-out'
export type JobProgram = (
  env: Readonly<Record<string, string>>,
  print: (line: string) => void,
) => Promise<JobEnd>

interface Entry {
  readonly spec: JobSpec
  readonly lines: string[]
  readonly ended: Promise<JobStatus>
  readonly stop: () => void
  status: JobStatus
}

/** Jobs as functions, by the name of their step. It outlives its clients, as an engine does. */
export class MemoryJobs implements JobEngine {
  readonly jobs = new Map<string, Entry>()
  /** Called when a job has begun. */
  begun: (step: string) => void = () => {}
  readonly #programs: Readonly<Record<string, JobProgram>>

  constructor(programs: Readonly<Record<string, JobProgram>>) {
    this.#programs = programs
  }

  /** Names of the steps whose jobs were started, in order. */
  get started(): string[] {
    return [...this.jobs.values()].map(({ spec }) => spec.step.name)
  }

  async start(spec: JobSpec): Promise<void> {
    if (this.jobs.has(spec.id)) return
    const lines: string[] = []
    const times = { startedAt: 1, endedAt: 2 }
    let stop = (): void => {}
    const stopped = new Promise<JobStatus>((resolve) => {
      stop = () => resolve({ state: 'stopped', exitCode: null, reason: 'it was stopped', ...times })
    })
    const program = this.#programs[spec.step.name] ?? (async () => 127)
    const run = async (): Promise<JobStatus> => {
      const end = await program({ ...spec.step.env, ...spec.env }, (line) => lines.push(line))
      if (end === 'hangs') return stopped
      if (end === 'times-out')
        return { state: 'timed-out', exitCode: null, reason: 'took too long', ...times }
      const ok = end === 0
      return {
        state: ok ? 'succeeded' : 'failed',
        exitCode: end,
        reason: ok ? null : `exit code ${end}`,
        ...times,
      }
    }
    const status: JobStatus = { state: 'running', exitCode: null, reason: null, startedAt: 1, endedAt: null }
    const entry: Entry = { spec, lines, stop, status, ended: run() }
    void entry.ended.then((ending) => {
      entry.status = ending
    })
    this.jobs.set(spec.id, entry)
    this.begun(spec.step.name)
  }

  async wait(id: string): Promise<JobStatus> {
    return this.#get(id).ended
  }

  async status(id: string): Promise<JobStatus | undefined> {
    return this.jobs.get(id)?.status
  }

  async stop(id: string): Promise<void> {
    this.#get(id).stop()
    await this.#get(id).ended
  }

  async *logs(id: string): AsyncIterable<LogLine> {
    for (const text of this.#get(id).lines) yield { at: 0, stream: 'stdout', revision: id, text }
  }

  #get(id: string): Entry {
    const entry = this.jobs.get(id)
    if (entry === undefined) throw new Error(`there is no job ${id}`)
    return entry
  }
}
