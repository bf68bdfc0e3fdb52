import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { type Identity, identify, isRunning } from '../../../runtime/process-identity.ts'
import type { Runtime } from '../../../runtime/runtime.ts'

/** Set in every process of a service: its value is the folder of the cloud, so that none of them is ever lost. */
export const MARK = 'SLUICE_CLOUD'

const GRACE = 3000
const tableSchema = z.array(z.object({ pid: z.int().positive(), started: z.string() }))

/** The processes that the supervisor started, on disk: what a supervisor that was killed has left behind. */
export class ProcessTable {
  readonly #runtime: Pick<Runtime, 'files' | 'exec' | 'clock'>
  readonly #folder: string
  readonly #path: string
  readonly #running = new Map<number, Identity>()
  #writing: Promise<void> = Promise.resolve()

  /** @param folder that of the cloud. */
  constructor(runtime: Pick<Runtime, 'files' | 'exec' | 'clock'>, folder: string) {
    this.#runtime = runtime
    this.#folder = folder
    this.#path = join(folder, 'services', 'processes.json')
  }

  async add(pid: number): Promise<void> {
    const identity = await identify(pid, this.#runtime.exec)
    if (identity === undefined) return
    this.#running.set(pid, identity)
    await this.#write()
  }

  async remove(pid: number): Promise<void> {
    if (this.#running.delete(pid)) await this.#write()
  }

  /**
   * Ends what an earlier supervisor left: recorded processes that are still the same ones, and on Linux everything that
   * carries this cloud's mark. Returns their pids.
   */
  async endLeftovers(): Promise<readonly number[]> {
    const recorded = await this.#recorded()
    const marked = await markedProcesses(this.#folder)
    const found = new Map<number, Identity>()
    for (const identity of recorded) {
      if (await isRunning(identity, this.#runtime.exec)) found.set(identity.pid, identity)
    }
    for (const pid of marked) {
      const identity = await identify(pid, this.#runtime.exec)
      if (identity !== undefined) found.set(pid, identity)
    }
    const end = this.#runtime.clock.now() + GRACE
    for (const { pid } of found.values()) signalOne(pid, 'SIGTERM')
    while ((await this.#survivors(found)).length > 0 && this.#runtime.clock.now() < end) {
      await this.#runtime.clock.sleep(50)
    }
    for (const { pid } of await this.#survivors(found)) signalOne(pid, 'SIGKILL')
    return [...found.keys()]
  }

  async #survivors(found: ReadonlyMap<number, Identity>): Promise<readonly Identity[]> {
    const alive: Identity[] = []
    for (const identity of found.values()) {
      if (await isRunning(identity, this.#runtime.exec)) alive.push(identity)
    }
    return alive
  }

  async #recorded(): Promise<readonly Identity[]> {
    const bytes = await this.#runtime.files.read(this.#path)
    if (bytes === undefined) return []
    try {
      return tableSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    } catch {
      return [] // a lost list costs a search, which the mark answers
    }
  }

  /** A disk that is full must not stop a process from starting: the mark finds it as well. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(() =>
      this.#runtime.files.write(this.#path, JSON.stringify([...this.#running.values()])).catch(() => {}),
    )
    return this.#writing
  }
}

async function markedProcesses(folder: string): Promise<readonly number[]> {
  if (process.platform !== 'linux') return []
  const mark = `${MARK}=${folder}`
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const marked: number[] = []
  for (const pid of pids) {
    if (pid === process.pid) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.split('\0').includes(mark)) marked.push(pid)
  }
  return marked
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal)
    } catch {
      // gone, or not the leader of a group
    }
  }
}
