import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { mlflowCommand } from '../../real.ts'

/** A real MLflow server of its own, with an empty store, on a free port of this machine. */
export async function startMlflow(): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mlflow-'))
  const port = await freePort()
  const store = ['--backend-store-uri', `sqlite:///${folder}/mlflow.db`]
  const artifacts = ['--artifacts-destination', `file://${folder}/artifacts`, '--serve-artifacts']
  const child = spawn(
    mlflowCommand(),
    ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', ...store, ...artifacts],
    {
      cwd: folder,
      env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' },
      stdio: 'ignore',
      detached: true,
    },
  )
  const url = `http://127.0.0.1:${port}`
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit')
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, 'SIGTERM')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 240 && child.exitCode === null; attempt++) {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    if (answer?.ok) return { url, [Symbol.asyncDispose]: stop }
    await wait(250)
  }
  await stop()
  throw new Error('the MLflow server did not start')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
