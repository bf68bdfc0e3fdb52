import type { CloudWorld } from '../../world.ts'
import type { Answer } from './answer.ts'
import type { Logging } from './logging.ts'
import type { Operations } from './operations.ts'
import type { Programs } from './programs.ts'

export class RunJobs {
  constructor(_world: CloudWorld, _programs: Programs, _logging: Logging, _operations: Operations) {}

  answer(
    _method: string,
    _path: string,
    _url: URL,
    _json: () => Record<string, unknown>,
  ): Answer | undefined {
    return undefined
  }
}
