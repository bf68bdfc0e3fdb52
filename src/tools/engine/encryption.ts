import { usageError } from '../../domain/error.ts'
import { Secret } from '../../domain/secret.ts'
import type { Argv } from '../../runtime/runtime.ts'

/** OpenTofu takes no shorter passphrase. */
const SHORTEST = 16
/**
 * The fewest that OpenTofu takes, of the hash that processors have instructions for: the passphrase is random already, and a
 * command derives the key up to three times.
 */
const DERIVATION = { iterations: 200_000, hash_function: 'sha256' }
/** What reads or writes saved plans; every other command would only derive the key for nothing. */
const WITH_PLANS: readonly string[] = ['plan', 'show', 'apply']

/**
 * The configuration that makes OpenTofu encrypt saved plans with AES-GCM and refuse all others, for its variable
 * TF_ENCRYPTION: https://opentofu.org/docs/language/state/encryption/. A plan with one flipped byte does not decrypt.
 *
 * @throws SluiceError usage, for a passphrase that is too short.
 */
export function planEncryption(passphrase: Secret): Secret {
  if (passphrase.reveal().length < SHORTEST) {
    throw usageError({
      what: `the key of saved plans has fewer than ${SHORTEST} characters`,
      rule: 'SLUICE_PLAN_KEY is a long random text',
      remedy: 'make one: openssl rand -base64 32',
    })
  }
  return new Secret(
    JSON.stringify({
      key_provider: { pbkdf2: { sluice: { passphrase: passphrase.reveal(), ...DERIVATION } } },
      method: { aes_gcm: { sluice: { keys: 'key_provider.pbkdf2.sluice' } } },
      plan: { method: 'method.aes_gcm.sluice', enforced: true },
    }),
  )
}

/** Whether a command line of the engine reads or writes a saved plan. */
export const handlesPlans = ([, command = '']: Argv): boolean => WITH_PLANS.includes(command)

/**
 * Whether a configuration of the team's own, which may encrypt states as well, refuses plans in clear text. It is HCL or
 * JSON; the engine reads it properly, this only sees that `enforced` stands in the part of plans.
 */
export function enforcesPlans(configuration: string): boolean {
  const block = /(?:^|[\s{,])"?plan"?\s*:?\s*\{([^}]*)\}/.exec(configuration)?.[1] ?? ''
  return /"?enforced"?\s*[:=]\s*true/.test(block)
}

/** Whether the bytes of a saved plan are OpenTofu's envelope of an encrypted one, and not the archive of a plain one. */
export function isEncryptedPlan(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 65_536)).toString('latin1')
  return start.startsWith('{') && start.includes('"encrypted_data":')
}
