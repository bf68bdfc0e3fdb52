import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, which docker takes for insecure by itself. */
  readonly host: string
  /** The folder of its blobs. */
  readonly storage: string
}

export interface TestRegistryOptions {
  /** Lines of a htpasswd file, bcrypt: nobody else is let in. */
  readonly htpasswd?: string
  /** It fetches what it does not have from the registry at this URL, and takes nothing else. */
  readonly upstream?: string
}

/** A real OCI registry (Debian's docker-registry) of this suite's own, on any free port. */
export async function startRegistry({ htpasswd, upstream }: TestRegistryOptions = {}): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
  const storage = join(folder, 'blobs')
  const config = join(folder, 'config.json')
  const users = join(folder, 'htpasswd')
  if (htpasswd !== undefined) writeFileSync(users, htpasswd)
  // The configuration is YAML, of which JSON is a part.
  writeFileSync(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', formatter: 'json' },
      storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
      http: { addr: '127.0.0.1:0' },
      ...(upstream === undefined ? {} : { proxy: { remoteurl: upstream } }),
      ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: users } } }),
    }),
  )
  // To a file: a pipe would fill while a test runs a command synchronously, and hold the registry up.
  const log = join(folder, 'log')
  const output = openSync(log, 'a')
  const child = spawn('docker-registry', ['serve', config], {
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  })
  closeSync(output)
  const ended = new Promise((resolve) => child.once('close', resolve))
  let host: string | undefined
  for (const deadline = Date.now() + 30_000; host === undefined; await wait(20)) {
    const text = readFileSync(log, 'utf8')
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1]
    if (port !== undefined) host = `127.0.0.1:${port}`
    else if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`docker-registry did not start:\n${text}`)
    }
  }
  return {
    host,
    storage,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
