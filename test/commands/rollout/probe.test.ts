import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { probeRevision } from '../../../src/commands/rollout/probe.ts'
import type { Check } from '../../../src/domain/system/rollout-policy.ts'
import type { ServiceStatus } from '../../../src/providers/ports/services.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import type { Http } from '../../../src/runtime/runtime.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const status = {
  url: 'https://web.example/',
  revisions: [{ id: 'r2', weight: 100 }],
} as unknown as ServiceStatus
const check = (path: string): Extract<Check, { kind: 'http' }> =>
  ({ kind: 'http', path, requests: 1 }) as Extract<Check, { kind: 'http' }>

const answering = (body: () => Readable, asked: string[] = []): Http => ({
  request: async ({ url }) => {
    asked.push(url)
    return { status: 200, headers: {}, body: body() } as unknown as Awaited<ReturnType<Http['request']>>
  },
})

const probe = (http: Http, path = '/health') =>
  probeRevision(
    { runtime: { ...fakeRuntime({}), http }, provider: {} },
    check(path),
    status,
    'r2',
    new AbortController().signal,
  )

test('an answer whose text nobody asked for is read to its end and not kept, however long it is', async () => {
  const pieces: WeakRef<Uint8Array>[] = []
  let kept = 0
  async function* long(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 100; count++) {
      const piece = new Uint8Array(1024)
      pieces.push(new WeakRef(piece))
      yield piece
      // What is weakly held lives until the task that made it has ended.
      await new Promise((resolve) => setImmediate(resolve))
    }
    collect()
    kept = pieces.filter((piece) => piece.deref() !== undefined).length
  }
  expect(await probe(answering(() => Readable.from(long())))).toMatchObject([{ status: 200, contains: true }])
  expect(pieces).toHaveLength(100)
  // Those that are on their way.
  expect(kept).toBeLessThan(50)
})

test.each(['//elsewhere.example/health', '/\\elsewhere.example/health', '/@elsewhere.example'])(
  'R46 the path %j of a check is asked of the service, and of no other host',
  async (path) => {
    const asked: string[] = []
    await probe(
      answering(() => Readable.from([]), asked),
      path,
    )
    expect(asked.map((url) => new URL(url).host)).toEqual(['web.example'])
  },
)
