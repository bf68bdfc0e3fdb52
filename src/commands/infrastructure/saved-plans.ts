import { join } from 'node:path'
import { type SavedPlans, savedPlansSchema } from '../../domain/saved-plans.ts'
import type { Files } from '../../runtime/runtime.ts'

/** Folder of the saved plans. They hold values in clear text: it is no artifact to publish. */
export const plansFolder = (state: string): string => join(state, 'plans')

export const planPath = (state: string, stack: string): string => join(plansFolder(state), `${stack}.tfplan`)

const indexPath = (state: string): string => join(plansFolder(state), 'plans.json')

export async function writeSavedPlans(files: Files, state: string, plans: SavedPlans): Promise<void> {
  await files.write(indexPath(state), `${JSON.stringify(plans, undefined, 2)}\n`)
}

/** undefined where there are none, or where the file is not one of ours. */
export async function readSavedPlans(files: Files, state: string): Promise<SavedPlans | undefined> {
  const bytes = await files.read(indexPath(state))
  if (bytes === undefined) return undefined
  try {
    return savedPlansSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return undefined
  }
}
