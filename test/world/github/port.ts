import { Readable } from 'node:stream'
import { externalError } from '../../../src/domain/error.ts'
import type { Http } from '../../../src/runtime/runtime.ts'
import type { FaultPlan } from './faults.ts'
import { answerTo } from './routes.ts'
import { BOT, type GitHubStore, REPOSITORY } from './store.ts'

export const API = 'https://github.test/api/v3'

/**
 * The simulated GitHub without a network, for worlds whose time stands still meanwhile. Faults are those of server.ts, but for
 * `broken`, which is a connection that nobody takes.
 */
export function gitHubPort(store: GitHubStore, faults: FaultPlan = () => undefined): Http {
  let number = 0
  return {
    request: async ({ method = 'GET', url, body, timeout }) => {
      number++
      const { pathname, search, searchParams } = new URL(url)
      const path = pathname.replace('/api/v3', '')
      const fault = faults({ method, path: path + search, number })
      if (fault?.kind === 'broken') throw externalError('service', { what: `no answer within ${timeout} ms` })
      const given = body === undefined ? {} : (JSON.parse(String(body)) as Record<string, unknown>)
      const answer =
        fault?.kind === 'status'
          ? { status: fault.status, body: { message: fault.message ?? 'a fault' } }
          : answerTo(method, path.replace(`/repos/${REPOSITORY.name}`, ''), {
              store,
              me: BOT,
              query: searchParams,
              body: given,
            })
      if (fault?.kind === 'lost') throw externalError('service', { what: 'the connection was reset' })
      const { items } = answer as { readonly items?: readonly unknown[] }
      const text = JSON.stringify(items ?? answer.body ?? null)
      const headers = fault?.kind === 'status' ? (fault.headers ?? {}) : {}
      return {
        status: answer.status,
        headers: { ...headers },
        body: Readable.from([text]),
        text: async () => text,
        json: async () => JSON.parse(text) as unknown,
        bytes: async () => Buffer.from(text),
      }
    },
  }
}
