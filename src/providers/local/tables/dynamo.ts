import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { externalError } from '../../../domain/error.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Argv, Process, Runtime } from '../../../runtime/runtime.ts'
import { startCompanion } from '../companion.ts'
import { inheritedVariables } from '../services/environment.ts'
import type { SignedAnswer } from '../signed/door.ts'

const START_TIMEOUT = 30_000

/**
 * The engine in a process of its own: where it meets a request that it did not foresee it throws, and takes nobody with it.
 * It listens on a socket in a folder that only this account may enter, and ends with its parent.
 */
const PROGRAM = `
const [modules, path, socket] = process.argv.slice(1)
const parent = process.ppid
const server = require(modules + '/dynalite')({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
server.listen(socket)
const end = () => { server.closeAllConnections(); server.close(() => process.exit(0)) }
process.on('SIGTERM', end)
setInterval(() => { if (process.ppid !== parent) end() }, 250).unref()
`

export interface Dynamo {
  readonly process: Process
  /** One request of the DynamoDB JSON protocol; whoever may ask has been decided before. */
  send(headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<SignedAnswer>
  /** One operation, of this program itself. @throws SluiceError external with what the engine said. */
  call(operation: string, input: object): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export async function startDynamo(runtime: Runtime, modules: string, folder: string): Promise<Dynamo> {
  // The path of a socket is short by the kernel's rule; a project's folder may be long.
  const place = await mkdtemp(join(tmpdir(), 'sluice-tables-'))
  const socket =
    process.platform === 'win32' ? `\\\\.\\pipe\\${place.split('\\').at(-1)}` : join(place, 'socket')
  const argv: Argv = [process.execPath, '-e', PROGRAM, modules, join(folder, 'data'), socket]
  const child = await startCompanion(runtime, join(folder, 'process.json'), argv, {
    cwd: folder,
    env: { ...inheritedVariables(runtime.env) },
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line)
      if (said.length > 20) said.shift()
      runtime.log.emit({ kind: 'output', source: 'tables', line })
    })
  }
  const dynamo = client(runtime, child, socket, place)
  let ended = false
  void child.ended.then(() => {
    ended = true
  })
  const look = async (): Promise<true | undefined> => {
    if (ended) {
      throw externalError('service', {
        what: `the engine of tables did not start: ${said.slice(-6).join(' | ') || 'it said nothing'}`,
        remedy: `its data lie in ${folder}`,
      })
    }
    return dynamo.call('ListTables', {}).then(
      () => true as const,
      () => undefined,
    )
  }
  const outcome = await pollUntil(runtime, look, {
    every: 30,
    deadline: runtime.clock.now() + START_TIMEOUT,
  }).catch(async (error: unknown) => {
    await dynamo.close()
    throw error
  })
  if (outcome !== 'timed-out') return dynamo
  await dynamo.close()
  throw externalError('service', { what: `the engine of tables did not answer in ${START_TIMEOUT / 1000} s` })
}

function client(runtime: Runtime, child: Process, socket: string, place: string): Dynamo {
  const send: Dynamo['send'] = (headers, body) => post(socket, headers, body)
  return {
    process: child,
    send,
    async call(operation, input) {
      const answer = await send(OWN_HEADERS(operation), Buffer.from(JSON.stringify(input)))
      const value = JSON.parse(Buffer.from(answer.body).toString('utf8')) as Record<string, unknown>
      if (answer.status === 200) return value
      throw externalError('service', {
        what: `the engine of tables refused ${operation}: ${value['message'] ?? value['__type']}`,
      })
    },
    async close() {
      child.kill('SIGTERM')
      const late = new AbortController()
      void runtime.clock.sleep(10_000, late.signal).then(
        () => child.kill('SIGKILL'),
        () => {},
      )
      await child.ended
      late.abort()
      await rm(place, { recursive: true, force: true })
    },
  }
}

/** The engine wants a signature to be there and does not check it; what comes from outside has been checked at the door. */
const OWN_HEADERS = (operation: string): Readonly<Record<string, string>> => ({
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': `DynamoDB_20120810.${operation}`,
  'x-amz-date': '20120810T000000Z',
  authorization: 'AWS4-HMAC-SHA256 Credential=own, SignedHeaders=host, Signature=none',
})

const PASSED = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization']

function post(
  socket: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<SignedAnswer> {
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => PASSED.includes(name)))
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: socket,
        method: 'POST',
        path: '/',
        headers: { ...passed, 'content-length': body.length },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { 'content-length': _, connection: __, 'keep-alive': ___, ...kept } = response.headers
          const texts = Object.entries(kept).map(([name, value]) => [name, String(value)])
          resolve({
            status: response.statusCode ?? 500,
            headers: Object.fromEntries(texts),
            body: Buffer.concat(chunks),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
