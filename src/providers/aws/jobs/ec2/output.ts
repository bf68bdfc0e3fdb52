import type { Targets } from '../../../../domain/stacks/targets.ts'
import type { LogLine } from '../../../ports/operations.ts'
import { logGroupOf } from '../../operations/log-group.ts'
import type { AwsSession } from '../../session.ts'
import { type Output, openOutput } from '../output.ts'
import { machineName } from './launcher.ts'
import { type Life, lifeAfter, NO_LIFE } from './life.ts'
import type { MachineJob } from './record.ts'

/** What the machines of one job have said and written, read onwards; each machine has streams of its own. */
export class MachineOutput {
  readonly #session: AwsSession
  readonly #targets: () => Promise<Targets>
  readonly #key: string
  readonly #streams = new Map<string, Output>()
  #life: { readonly machine: string; readonly life: Life } | undefined
  #written = 1

  constructor(session: AwsSession, targets: () => Promise<Targets>, { key }: MachineJob) {
    this.#session = session
    this.#targets = targets
    this.#key = key
  }

  /** Of the newest machine. */
  async life(record: MachineJob): Promise<Life> {
    const machine = machineName(record)
    const before = this.#life?.machine === machine ? this.#life.life : NO_LIFE
    const life = lifeAfter(before, await (await this.#stream(`life/${machine}`)).more())
    this.#life = { machine, life }
    return life
  }

  /** What the container has written since, over all machines in their order. */
  async more(record: MachineJob): Promise<readonly LogLine[]> {
    const lines: LogLine[] = []
    for (; ; this.#written += 1) {
      const machine = machineName({ id: record.id, launch: this.#written })
      const some = await (await this.#stream(`step/${machine}`)).more()
      lines.push(...some.map((line) => ({ ...line, revision: machine })))
      if (this.#written >= record.launch) return lines
    }
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close()
  }

  async #stream(name: string): Promise<Output> {
    const known = this.#streams.get(name)
    if (known !== undefined) return known
    const opened = openOutput(this.#session, logGroupOf(await this.#targets(), this.#key), name)
    this.#streams.set(name, opened)
    return opened
  }
}
