import { externalError } from '../../domain/error.ts'
import { awsStateBucket } from '../../domain/stacks/state-buckets.ts'
import { GITHUB_ISSUER } from '../../domain/trust/access.ts'
import { pollUntil } from '../../runtime/poll.ts'
import type { StateGround, StateStore } from '../ports/states.ts'
import type { ProviderContext } from '../provider.ts'
import { requireAccount } from './account.ts'
import { BUCKET_PARTS, missingParts } from './bucket-rules.ts'
import { IdentityProvider } from './identity-provider.ts'
import { awsSession } from './session.ts'
import { StateBucket } from './state-bucket.ts'

/** Milliseconds. What was set is read back for this long: S3 says a new setting everywhere only after a while. */
const SETTLE = 60_000

/** The bucket of the account's states in this region, and GitHub as its identity provider. */
export function openAwsStateStore(context: ProviderContext): StateStore {
  const { runtime } = context
  const session = awsSession(context)
  const bucket = new StateBucket(session, awsStateBucket(session))
  const github = new IdentityProvider(session)

  const inspect = async (): Promise<StateGround> => {
    const [there, provider] = await Promise.all([bucket.exists(), github.find()])
    const missing = there ? missingParts(bucket.name, await bucket.settings()) : BUCKET_PARTS
    const part = (what: string, isThere: boolean) => ({ what, state: isThere ? 'there' : 'missing' }) as const
    return {
      place: `s3://${bucket.name}`,
      parts: [
        part(`bucket ${bucket.name}`, there),
        ...BUCKET_PARTS.map((name) => part(name, !missing.includes(name))),
        part(`identity provider ${GITHUB_ISSUER}`, provider === 'ready'),
      ],
    }
  }

  /** Sets what is missing, as far as it goes: what another does at the same moment is found done the next time. */
  const makeMissing = async (): Promise<void> => {
    if (!(await bucket.exists()) && (await bucket.create()) === 'lost') return
    const found = await bucket.settings()
    // One after the other: S3 refuses two changes of one bucket at the same moment.
    for (const part of missingParts(bucket.name, found)) await bucket.put(part, found)
    const provider = await github.find()
    if (provider !== 'ready') await github.make(provider)
  }

  return {
    inspect: async () => {
      await requireAccount(session)
      return inspect()
    },
    ensure: async () => {
      await requireAccount(session)
      const { clock, signals } = runtime
      const look = async (): Promise<StateGround | undefined> => {
        await makeMissing()
        const ground = await inspect()
        return ground.parts.every(({ state }) => state === 'there') ? ground : undefined
      }
      const deadline = clock.now() + SETTLE
      const seen = await pollUntil(runtime, look, { every: 1_000, deadline, signal: signals.cancelled })
      if (seen !== 'timed-out') return seen.found
      throw externalError('service', {
        what: `what bootstrap has set for ${bucket.name} is not seen within ${SETTLE / 1000} s`,
        remedy: 'run bootstrap again: what is there stays',
      })
    },
    close: () => {
      bucket.close()
      github.close()
      return Promise.resolve()
    },
  }
}
