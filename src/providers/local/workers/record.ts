import * as z from 'zod'
import type { Runtime } from '../../../runtime/runtime.ts'
import { readJson, replaceFile } from '../json-file.ts'

/** The machine that a worker has or had last. */
const schema = z.looseObject({
  schema: z.literal('sluice.machine/v1'),
  /** `i-` and 17 hex digits. */
  id: z.string(),
  /** `stopped` is begun again by "sluice operate resume"; a supervisor that starts begins `running` again. */
  state: z.enum(['running', 'stopped', 'terminated']),
  /** Milliseconds since the epoch. */
  launchedAt: z.number(),
  /** That the launch was asked for with: the same one is the same machine. */
  token: z.string().nullable(),
  /** Why it ended. */
  reason: z.string().nullable(),
})
export type MachineRecord = z.infer<typeof schema>

export function readMachine(path: string): Promise<MachineRecord | undefined> {
  return readJson(path, schema)
}

export async function writeMachine(path: string, record: MachineRecord): Promise<void> {
  await replaceFile(path, `${JSON.stringify(record)}\n`)
}

export function newMachine(
  { clock, random }: Pick<Runtime, 'clock' | 'random'>,
  token: string | null,
): MachineRecord {
  const id = `i-${Buffer.from(random.bytes(9)).toString('hex').slice(0, 17)}`
  return {
    schema: 'sluice.machine/v1',
    id,
    state: 'running',
    launchedAt: clock.now(),
    token,
    reason: null,
  }
}
