import { connect } from 'node:net'
import type { ServedModel } from '../../../domain/models/model.ts'
import { mismatchText, modelMismatch } from '../../../domain/releases/loaded-models.ts'
import type { Http } from '../../../runtime/runtime.ts'

/** How one look at a process came out. */
export type Health = { readonly healthy: true } | { readonly healthy: false; readonly why: string }

const PROBE_TIMEOUT = 5000
const BODY_LIMIT = 64 * 1024

export interface Probe {
  readonly port: number
  /** HTTP path; absent: a connection is enough. */
  readonly path?: string
  readonly models: readonly ServedModel[]
}

/** Asks a process whether it can take traffic. Never throws. */
export async function probe(http: Http, target: Probe, signal: AbortSignal): Promise<Health> {
  if (target.path === undefined) return connects(target.port)
  try {
    const answer = await http.request({
      url: `http://127.0.0.1:${target.port}${target.path}`,
      headers: { connection: 'close', 'user-agent': 'sluice-health' },
      timeout: PROBE_TIMEOUT,
      signal,
    })
    return judgeHealth(target, answer.status, await answer.text(BODY_LIMIT))
  } catch (error) {
    return { healthy: false, why: `GET ${target.path} got no answer: ${reason(error)}` }
  }
}

/** 200 with exactly the models that the release pins. */
export function judgeHealth(target: Omit<Probe, 'port'>, status: number, body: string): Health {
  if (status !== 200) return { healthy: false, why: `GET ${target.path} answered ${status}` }
  const mismatch = modelMismatch(target.models, body)
  return mismatch === undefined
    ? { healthy: true }
    : { healthy: false, why: mismatchText(target.path, mismatch) }
}

function connects(port: number): Promise<Health> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: PROBE_TIMEOUT })
    const end = (health: Health): void => {
      socket.destroy()
      resolve(health)
    }
    socket.once('connect', () => end({ healthy: true }))
    socket.once('timeout', () => end({ healthy: false, why: `port ${port} takes no connection` }))
    socket.once('error', (error) =>
      end({ healthy: false, why: `nothing listens on its PORT: ${error.message}` }),
    )
  })
}

function reason(error: unknown): string {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
  return cause?.code === 'ECONNREFUSED' ? 'nothing listens on its PORT' : (error as Error).message
}
