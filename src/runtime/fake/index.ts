import { Readable } from 'node:stream'
import type { Event } from '../events.ts'
import type { Argv, ExecOptions, ExecResult, HttpRequest, HttpResponse, Runtime } from '../runtime.ts'
import { FakeClock } from './clock.ts'
import { MemoryFiles } from './files.ts'

export interface FakeRuntime extends Runtime {
  readonly clock: FakeClock
  readonly files: MemoryFiles
  /** Everything that was emitted, in order. */
  readonly events: Event[]
  /** Every command that was run. */
  readonly ran: { readonly argv: Argv; readonly options: ExecOptions }[]
  /** Every request that was sent. */
  readonly sent: HttpRequest[]
  cancel(): void
}

export interface FakeOptions {
  readonly env?: Record<string, string>
  readonly files?: Record<string, string>
  /** What a command answers; default: exit 0, no output. */
  readonly exec?: (argv: Argv, options: ExecOptions) => Partial<ExecResult> | Promise<Partial<ExecResult>>
  /** What a server answers; default: 404. */
  readonly http?: (request: HttpRequest) => {
    status: number
    body?: string
    headers?: Record<string, string>
  }
}

/** A machine in memory: virtual time, recorded commands and requests, no effect on anything. */
export function fakeRuntime(options: FakeOptions = {}): FakeRuntime {
  const events: Event[] = []
  const ran: FakeRuntime['ran'] = []
  const sent: HttpRequest[] = []
  const controller = new AbortController()
  let seed = 1
  const run = async (argv: Argv, execOptions: ExecOptions = {}): Promise<ExecResult> => {
    ran.push({ argv, options: execOptions })
    const result = await options.exec?.(argv, execOptions)
    return { code: 0, signal: null, stdout: '', stderr: '', truncated: false, ...result }
  }
  return {
    exec: {
      run,
      find: async (command) => `/usr/bin/${command}`,
      start: async (argv, execOptions) => {
        const result = run(argv, execOptions)
        async function* output(stream: 'stdout' | 'stderr') {
          yield (await result)[stream]
        }
        return {
          pid: 4711,
          stdout: Readable.from(output('stdout')),
          stderr: Readable.from(output('stderr')),
          ended: result.then(({ code, signal }) => ({ code, signal })),
          kill: () => {},
        }
      },
    },
    env: options.env ?? {},
    clock: new FakeClock(),
    // Not random at all, on purpose: a test that fails must fail again.
    random: {
      bytes: (count) =>
        Uint8Array.from({ length: count }, () => {
          seed = (seed * 48271) % 2147483647
          return seed & 255
        }),
    },
    files: new MemoryFiles(options.files),
    http: {
      request: async (request) => {
        sent.push(request)
        return fakeResponse(options.http?.(request) ?? { status: 404 })
      },
    },
    log: { emit: (event) => void events.push(event) },
    signals: { cancelled: controller.signal },
    cwd: '/project',
    events,
    ran,
    sent,
    cancel: () => controller.abort(new Error('cancelled')),
  }
}

function fakeResponse(answer: {
  status: number
  body?: string
  headers?: Record<string, string>
}): HttpResponse {
  const bytes = Buffer.from(answer.body ?? '')
  return {
    status: answer.status,
    headers: answer.headers ?? {},
    bytes: async () => bytes,
    text: async () => bytes.toString('utf8'),
    body: Readable.from([bytes]),
  }
}
