import type { Targets } from '../../../domain/stacks/targets.ts'
import type { ObjectStore } from '../../ports/objects.ts'
import type { LogLine } from '../../ports/operations.ts'
import type { ProviderContext } from '../../provider.ts'
import { logGroupOf } from '../operations/log-group.ts'
import type { AwsSession } from '../session.ts'
import type { JobRecord, OutputPlace } from './job-record.ts'
import { type Output, openOutput } from './output.ts'

/** What jobs on AWS are opened with. */
export interface JobParts {
  readonly context: Pick<ProviderContext, 'runtime' | 'system'>
  readonly session: AwsSession
  readonly targets: () => Promise<Targets>
  /** Where jobs are claimed and their ends kept. */
  readonly objects: ObjectStore
}

/** The output of one job, from its beginning; of a job in parts, that of each part. */
export class Relay {
  readonly #parts: JobParts
  readonly #job: JobRecord
  readonly #places = new Map<string, OutputPlace>()
  readonly #outputs = new Map<string, Output>()

  constructor(parts: JobParts, job: JobRecord) {
    this.#parts = parts
    this.#job = job
  }

  /** Streams that have come to be known; those that were known stay. */
  add(places: readonly OutputPlace[]): void {
    for (const place of places) this.#places.set(place.stream, place)
  }

  /** What has come since, part by part; `revision` says which part wrote it. */
  async more(): Promise<readonly LogLine[]> {
    const lines: LogLine[] = []
    for (const place of this.#places.values()) {
      const found = await (await this.#outputOf(place)).more()
      const { part } = place
      lines.push(...(part === undefined ? found : found.map((line) => ({ ...line, revision: part }))))
    }
    return lines
  }

  async #outputOf({ stream, group }: OutputPlace): Promise<Output> {
    const known = this.#outputs.get(stream)
    if (known !== undefined) return known
    const { session, targets } = this.#parts
    const output = openOutput(session, group ?? logGroupOf(await targets(), this.#job.key), stream)
    this.#outputs.set(stream, output)
    return output
  }

  /** How many lines there were. */
  async relay({ log }: ProviderContext['runtime']): Promise<number> {
    const lines = await this.more()
    const { step } = this.#job
    for (const { text, revision } of lines) {
      log.emit({ kind: 'output', source: revision === '' ? step : `${step} ${revision}`, line: text })
    }
    return lines.length
  }

  close(): void {
    for (const output of this.#outputs.values()) output.close()
  }
}
