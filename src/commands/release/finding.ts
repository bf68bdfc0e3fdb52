import { join } from 'node:path'
import { evaluationSchema } from '../../domain/models/evaluation.ts'
import type { World } from '../command.ts'
import { openEnvironment } from '../environment.ts'

/** What training has left for the gate. */
export interface Finding {
  readonly state: string
  /** False where the evidence is on the champion itself, or on another model, or there is none. */
  readonly toJudge: boolean
}

export async function readFinding(world: World, model: string): Promise<Finding> {
  const environment = await openEnvironment(world)
  try {
    const { state } = environment
    const bytes = await world.runtime.files.read(join(state, 'evaluation.json'))
    if (bytes === undefined) return { state, toJudge: false }
    const evidence = evaluationSchema.safeParse(parsed(bytes))
    // Evidence that cannot be read is evaluate's to refuse, with its own words.
    if (!evidence.success) return { state, toJudge: true }
    const { name, digest } = evidence.data.model
    if (name !== model) return { state, toJudge: false }
    const { models } = await environment.provider()
    const champion = await models.get(model, { alias: 'champion' })
    return { state, toJudge: champion?.digest !== digest }
  } finally {
    await environment.close()
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
