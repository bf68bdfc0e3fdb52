import { type Digest, digestOf } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { Files } from '../../runtime/runtime.ts'
import { configurationDigest } from '../infrastructure/configuration-digest.ts'
import { planPath, readSavedPlans } from '../infrastructure/saved-plans.ts'
import type { StackFolder } from '../infrastructure/stack-folders.ts'

/** A stack that may be applied, by exactly this saved plan. */
export interface ApprovedStack {
  readonly stack: StackFolder
  /** Absolute path of the saved plan. */
  readonly file: string
  /** Whether there is anything to apply. */
  readonly changes: boolean
}

export interface Approved {
  readonly stacks: readonly ApprovedStack[]
  /** The first stack that the plan left for later, and all after it. */
  readonly deferred: readonly string[]
}

/**
 * What the last plan found may be applied, as long as nothing of it is another: the bytes of each saved plan and of the
 * configuration that it was made of. Everything is compared before anything is applied.
 *
 * @throws SluiceError stale, which names what differs.
 */
export async function approvedStacks(
  files: Files,
  state: string,
  environment: string,
  folders: readonly StackFolder[],
): Promise<Approved> {
  const saved = await readSavedPlans(files, state)
  if (saved === undefined || saved.environment !== environment) {
    throw stale(`environment ${environment} has no saved plan`, 'apply runs what plan left and nothing else')
  }
  const stacks: ApprovedStack[] = []
  for (const { stack: name, plan, configuration, changes } of saved.stacks) {
    const stack = folders.find((folder) => folder.name === name)
    if (stack === undefined) throw stale(`the plan has a stack ${name} that is gone`, WHOLE)
    const file = planPath(state, name)
    same(`configuration of stack ${name}`, configuration, await configurationDigest(files, stack.folder))
    if (changes) same(`plan file of stack ${name}`, plan, await digestOfFile(files, file))
    stacks.push({ stack, file, changes })
  }
  const planned = new Set(stacks.map(({ stack }) => stack.name))
  return { stacks, deferred: folders.map(({ name }) => name).filter((name) => !planned.has(name)) }
}

const WHOLE = 'a plan is applied as it was made'

async function digestOfFile(files: Files, path: string): Promise<Digest | undefined> {
  const bytes = await files.read(path)
  return bytes === undefined ? undefined : digestOf(bytes)
}

function same(what: string, planned: Digest, now: Digest | undefined): void {
  if (now === planned) return
  const found = now === undefined ? 'is gone: it was applied, or never made' : `is ${now}, and was ${planned}`
  throw stale(`the ${what} ${found}`, WHOLE)
}

function stale(what: string, rule: string): SluiceError {
  return new SluiceError('stale', 'user', { what, rule, remedy: 'run plan again, and apply what it shows' })
}
