import { usageError } from '../../domain/error.ts'
import type { AwsSession } from './session.ts'
import { awsTrouble } from './trouble.ts'

/**
 * Whose credentials these are, asked before anything is made.
 *
 * @throws SluiceError usage where they are of another account than sluice.yml says
 */
export async function requireAccount(session: AwsSession): Promise<void> {
  const { STSClient, GetCallerIdentityCommand } = await import('./sdk/sts.ts')
  const sts = new STSClient(session.clients)
  try {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}), session.call)
    if (Account === session.account) return
    throw usageError({
      what: `the credentials are of account ${Account ?? 'unknown'} (${Arn ?? 'no ARN'})`,
      rule: `the environment belongs to account ${session.account}`,
      remedy: `use credentials of account ${session.account}, or correct "account" in sluice.yml`,
    })
  } catch (error) {
    throw awsTrouble('asking whose credentials these are', error)
  } finally {
    sts.destroy()
  }
}
