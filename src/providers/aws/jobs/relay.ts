import type { Targets } from '../../../domain/targets.ts'
import type { ObjectStore } from '../../ports/objects.ts'
import type { LogLine } from '../../ports/operations.ts'
import type { ProviderContext } from '../../provider.ts'
import { logGroupOf, taskOfStream } from '../operations/log-group.ts'
import type { AwsSession } from '../session.ts'
import { type JobRecord, openJobRecords } from './job-record.ts'
import { type Output, openOutput } from './output.ts'

/** What jobs on AWS are opened with. */
export interface JobParts {
  readonly context: Pick<ProviderContext, 'runtime' | 'system'>
  readonly session: AwsSession
  readonly targets: () => Promise<Targets>
  /** Where jobs are claimed and their ends kept. */
  readonly objects: Pick<ObjectStore, 'read' | 'write' | 'remove'>
}

/** The output of one job, from its beginning. */
export class Relay {
  readonly #parts: JobParts
  readonly #job: JobRecord
  #output: Output | undefined

  constructor(parts: JobParts, job: JobRecord) {
    this.#parts = parts
    this.#job = job
  }

  async more(): Promise<readonly LogLine[]> {
    const { session, targets, objects } = this.#parts
    if (this.#output === undefined) {
      const found = await targets()
      const { task } = (await openJobRecords(objects, found.ledger).read(this.#job.id)) ?? this.#job
      if (task === null) return []
      const { container, key } = this.#job
      // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html: PREFIX/CONTAINER/TASK
      const stream = `${container}/${container}/${taskOfStream(task)}`
      this.#output = openOutput(session, logGroupOf(found, key), stream)
    }
    return this.#output.more()
  }

  /** How many lines there were. */
  async relay({ log }: ProviderContext['runtime']): Promise<number> {
    const lines = await this.more()
    for (const { text } of lines) log.emit({ kind: 'output', source: this.#job.step, line: text })
    return lines.length
  }

  close(): void {
    this.#output?.close()
  }
}
