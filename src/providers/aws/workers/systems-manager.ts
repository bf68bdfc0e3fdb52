import type { SSMClient } from '@aws-sdk/client-ssm'
import { SluiceError } from '../../../domain/error.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { AwsCalls, type Repeat } from '../services/calls.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, type Need } from '../trouble.ts'

type Api = typeof import('../sdk/ssm.ts')
type Options = { readonly abortSignal: AbortSignal }

export interface Call {
  readonly region: string
  /** The work, for people: `reading the image of worker detector`. */
  readonly what: string
  /** The permission that it takes. */
  readonly need: Need
  /** @default always */
  readonly repeat?: Repeat
}

/** Requests to Systems Manager in any region: paced, waited out where they are throttled, and each with its time-out (promise R26). */
export interface SystemsManager {
  /** @throws SluiceError external where no answer comes, cannot-observe where it is not allowed */
  ask<T>(call: Call, send: (api: Api, client: SSMClient, options: Options) => Promise<T>): Promise<T>
  close(): void
}

/** Its client is loaded by the first call. */
export function openSystemsManager(
  session: AwsSession,
  runtime: Pick<Runtime, 'clock' | 'random'>,
): SystemsManager {
  const calls = new AwsCalls(runtime, 'Systems Manager')
  const clients = new Map<string, SSMClient>()
  const { abortSignal } = session.call
  return {
    ask: async ({ region, what, need, repeat = 'always' }, send) => {
      const api = await import('../sdk/ssm.ts')
      const settings = { ...settingsFor(session, 'SSM'), region, maxAttempts: 1 }
      const client = clients.get(region) ?? new api.SSMClient(settings)
      clients.set(region, client)
      try {
        return await calls.ask(what, repeat, (options) => send(api, client, options), abortSignal)
      } catch (error) {
        const cause = error instanceof SluiceError ? error.cause : undefined
        throw cause === undefined ? error : callTrouble(what, need, cause)
      }
    },
    close: () => {
      for (const client of clients.values()) client.destroy()
    },
  }
}
