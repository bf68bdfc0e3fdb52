import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, which docker takes for insecure by itself. */
  readonly host: string
  /** The folder of its blobs. */
  readonly storage: string
}

/** A real OCI registry (Debian's docker-registry) of this suite's own, on any free port. */
export async function startRegistry(): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
  const storage = join(folder, 'blobs')
  const config = join(folder, 'config.json')
  // The configuration is YAML, of which JSON is a part.
  writeFileSync(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', formatter: 'json' },
      storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
      http: { addr: '127.0.0.1:0' },
    }),
  )
  const child = spawn('docker-registry', ['serve', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const host = await new Promise<string>((resolve, reject) => {
    let text = ''
    const look = (chunk: Buffer): void => {
      text += chunk.toString('utf8')
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (port !== undefined) resolve(`127.0.0.1:${port}`)
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('error', reject)
    void ended.then(() => reject(new Error(`docker-registry did not start:\n${text}`)))
  })
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
