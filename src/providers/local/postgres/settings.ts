import { join } from 'node:path'
import * as z from 'zod'
import type { Runtime } from '../../../runtime/runtime.ts'
import { readJson } from '../json-file.ts'

const settingsSchema = z.looseObject({
  schema: z.literal('sluice.postgres/v1'),
  user: z.string(),
  password: z.string().min(16),
  /** The one it had last; kept as long as it is free. */
  port: z.number().int().min(0).max(65_535),
})
export type PostgresSettings = z.infer<typeof settingsSchema>

/** Reads settings.json of a database, or makes it with a fresh password. Mode 0600. */
export async function openSettings(runtime: Runtime, folder: string): Promise<PostgresSettings> {
  const path = settingsPath(folder)
  const there = await readJson(path, settingsSchema)
  if (there !== undefined) return there
  const password = Buffer.from(runtime.random.bytes(24)).toString('base64url')
  const made: PostgresSettings = { schema: 'sluice.postgres/v1', user: 'postgres', password, port: 0 }
  await saveSettings(runtime, folder, made)
  return made
}

export async function saveSettings(
  runtime: Runtime,
  folder: string,
  settings: PostgresSettings,
): Promise<void> {
  await runtime.files.write(settingsPath(folder), `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 })
}

function settingsPath(folder: string): string {
  return join(folder, 'settings.json')
}
