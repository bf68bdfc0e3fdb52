import { join } from 'node:path'
import * as z from 'zod'
import { bug } from '../../../domain/error.ts'
import type { Files } from '../../../runtime/runtime.ts'
import { CLAIM_FILE, ENDING_FILE, JOB_FILE, KEEPER_FILE, LOG_FILE } from './order.ts'

const identitySchema = z.object({ pid: z.int().positive(), started: z.string() })
const claimSchema = z.object({
  id: z.string(),
  step: z.string(),
  by: identitySchema,
  /** Name of its container, where it is one. */
  container: z.string().optional(),
})
const endingSchema = z.object({
  state: z.enum(['succeeded', 'failed', 'timed-out', 'stopped']),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  startedAt: z.number(),
  endedAt: z.number(),
})
export type Claim = z.infer<typeof claimSchema>
type StoredIdentity = z.infer<typeof identitySchema>
type StoredEnding = z.infer<typeof endingSchema>

/** The folder `jobs/<id>` of one job. */
export class JobFiles {
  readonly folder: string
  readonly #files: Files

  constructor(files: Files, folder: string) {
    this.#files = files
    this.folder = folder
  }

  get log(): string {
    return join(this.folder, LOG_FILE)
  }

  /** False where somebody else has it already. */
  async claim(claim: Claim): Promise<boolean> {
    try {
      await this.#files.write(join(this.folder, CLAIM_FILE), JSON.stringify(claim), { exclusive: true })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  claimed(): Promise<Claim | undefined> {
    return this.#read(CLAIM_FILE, claimSchema)
  }

  keeper(): Promise<StoredIdentity | undefined> {
    return this.#read(KEEPER_FILE, identitySchema)
  }

  process(): Promise<StoredIdentity | undefined> {
    return this.#read(JOB_FILE, identitySchema)
  }

  ending(): Promise<StoredEnding | undefined> {
    return this.#read(ENDING_FILE, endingSchema)
  }

  end(ending: StoredEnding): Promise<void> {
    return this.#files.write(join(this.folder, ENDING_FILE), JSON.stringify(ending))
  }

  forget(): Promise<void> {
    return this.#files.remove(this.folder)
  }

  async #read<T extends z.ZodType>(name: string, schema: T): Promise<z.infer<T> | undefined> {
    const bytes = await this.#files.read(join(this.folder, name))
    if (bytes === undefined) return undefined
    const text = Buffer.from(bytes).toString('utf8')
    // Keepers write these small files in one go; empty is the moment before.
    if (text === '') return undefined
    try {
      return schema.parse(JSON.parse(text))
    } catch (cause) {
      throw bug(`${join(this.folder, name)} is damaged`, cause)
    }
  }
}
