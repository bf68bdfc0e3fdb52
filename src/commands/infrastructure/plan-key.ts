import { join } from 'node:path'
import { usageError } from '../../domain/error.ts'
import { Secret } from '../../domain/secret.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { enforcesPlans, planEncryption } from '../../tools/engine/encryption.ts'
import type { Engine } from '../../tools/engine/version.ts'

/** Beside the folder of the plans, never in it: whoever gets the plans does not get the key. */
const keyFolder = (state: string): string => join(state, 'private')
const keyPath = (state: string): string => join(keyFolder(state), 'plan.key')

/**
 * The key of saved plans: SLUICE_PLAN_KEY, a secret of the environment in GitHub Actions. Without it, `plan` draws one for
 * this machine.
 *
 * @param draw whether a key may be made where there is none.
 * @throws SluiceError usage, where there is none.
 */
export async function planKey(runtime: Runtime, state: string, draw: boolean): Promise<Secret> {
  const key = await keyOf(runtime, state, draw)
  runtime.log.emit({ kind: 'mask', value: key.reveal() })
  return key
}

async function keyOf({ env, files, random }: Runtime, state: string, draw: boolean): Promise<Secret> {
  const given = env['SLUICE_PLAN_KEY']
  if (given !== undefined && given !== '') return new Secret(given)
  const found = await files.read(keyPath(state))
  if (found !== undefined) return new Secret(Buffer.from(found).toString('utf8').trim())
  if (!draw) {
    throw usageError({
      what: 'the key of the saved plans is not here',
      rule: 'a plan is applied with the key that it was made with',
      remedy: 'set SLUICE_PLAN_KEY for plan and apply alike, or plan on this machine',
    })
  }
  const text = Buffer.from(random.bytes(32)).toString('base64')
  await files.write(join(keyFolder(state), '.gitignore'), '*\n')
  await files.write(keyPath(state), `${text}\n`, { mode: 0o600 })
  return new Secret(text)
}

/**
 * How OpenTofu encrypts saved plans, for TF_ENCRYPTION; undefined for Terraform, which cannot. A configuration of the team's
 * own stands, where it refuses plans in clear text.
 *
 * @throws SluiceError usage, where the team's own configuration encrypts no plan.
 */
export function encryptionOf({ env }: Runtime, { name }: Engine, key: Secret): Secret | undefined {
  if (name !== 'tofu') return undefined
  const own = env['TF_ENCRYPTION']
  if (own === undefined || own === '') return planEncryption(key)
  if (enforcesPlans(own)) return undefined
  throw usageError({
    what: 'TF_ENCRYPTION does not encrypt plans',
    rule: 'a saved plan is encrypted, and a plain one refused',
    remedy: 'add plan { method = ..., enforced = true } to it, or leave it out and set SLUICE_PLAN_KEY',
  })
}
