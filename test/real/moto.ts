import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { pythonProgram } from '../tools-folder.ts'

/** One request that came by. */
export interface Seen {
  readonly method: string
  readonly path: string
  /** Absent where the call named none. */
  readonly expectedOwner?: string
  status: number
}

/**
 * moto, with a front that adds what moto lacks: a bucket of another account answers 403 where the call says whom it expects
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html). It also counts and harms.
 */
export interface Moto extends AsyncDisposable {
  readonly url: string
  readonly seen: Seen[]
  /** Bucket -> account, for buckets of others. */
  readonly owners: Map<string, string>
  /** Forgets everything, the harm too. */
  reset(): Promise<void>
  /** The effect of the n-th request that matches takes place, and its answer is lost. */
  loseAnswer(matches: (seen: Seen) => boolean, nth?: number): void
  /** After this many writes nothing answers any more. */
  dieAfter(writes: number): void
  /** The first requests that match wait until there are this many of them. */
  gather(matches: (seen: Seen) => boolean, count: number): void
}

/** What changes something, as far as bootstrap calls it. */
export const isWrite = ({ method, path }: Seen): boolean =>
  method === 'PUT' ||
  (method === 'POST' && path.startsWith('/?Action=Create')) ||
  path.startsWith('/?Action=Add')

/** @param env What it finds beside our own environment: DOCKER_HOST, for jobs of Batch as real containers. */
export async function startMoto(env: Readonly<Record<string, string>> = {}): Promise<Moto> {
  const child = spawn(pythonProgram('clouds', 'moto_server'), ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error('moto ended before it listened')))
    createInterface(child.stderr).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
  })
  const seen: Seen[] = []
  const owners = new Map<string, string>()
  let lost: { matches: (seen: Seen) => boolean; left: number } | undefined
  let writesLeft = Number.POSITIVE_INFINITY
  let gathering: { matches: (seen: Seen) => boolean; missing: number; go: (() => void)[] } | undefined

  const gathered = async (call: Seen): Promise<void> => {
    const group = gathering
    if (group === undefined || group.missing === 0 || !group.matches(call)) return
    group.missing--
    if (group.missing === 0) for (const go of group.go) go()
    else await new Promise<void>((resolve) => group.go.push(resolve))
  }

  const handle = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { method = 'GET', url = '/', headers } = incoming
    const action = /(?:^|&)Action=([A-Za-z]+)/.exec(body.toString('latin1'))?.[1]
    const owner = headers['x-amz-expected-bucket-owner']
    const call: Seen = {
      method,
      path: action === undefined ? url : `/?Action=${action}`,
      ...(typeof owner === 'string' ? { expectedOwner: owner } : {}),
      status: 0,
    }
    if (writesLeft <= 0) return void incoming.socket.destroy()
    if (isWrite(call)) writesLeft--
    seen.push(call)
    await gathered(call)
    const bucket = url.split(/[/?]/)[1] ?? ''
    const real = owners.get(bucket)
    if (real !== undefined && call.expectedOwner !== undefined && call.expectedOwner !== real) {
      call.status = 403
      answer.writeHead(403, { 'content-type': 'application/xml' })
      return void answer.end(method === 'HEAD' ? '' : '<Error><Code>AccessDenied</Code></Error>')
    }
    const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers }, (response) => {
      call.status = response.statusCode ?? 0
      if (lost?.matches(call) && --lost.left === 0) {
        response.resume()
        return void incoming.socket.destroy()
      }
      answer.writeHead(call.status, response.headers)
      response.pipe(answer)
    })
    outgoing.once('error', () => incoming.socket.destroy())
    outgoing.end(body)
  }
  const front = createServer((incoming, answer) => void handle(incoming, answer))
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    seen,
    owners,
    reset: async () => {
      lost = undefined
      gathering = undefined
      writesLeft = Number.POSITIVE_INFINITY
      seen.length = 0
      owners.clear()
      await fetch(`http://127.0.0.1:${port}/moto-api/reset`, { method: 'POST' })
    },
    loseAnswer: (matches, nth = 1) => {
      lost = { matches, left: nth }
    },
    dieAfter: (writes) => {
      writesLeft = writes
    },
    gather: (matches, count) => {
      gathering = { matches, missing: count, go: [] }
    },
    [Symbol.asyncDispose]: async () => {
      front.closeAllConnections()
      await new Promise((resolve) => front.close(resolve))
      child.kill()
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}
