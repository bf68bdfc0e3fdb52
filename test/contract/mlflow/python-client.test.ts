import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from '../../../src/domain/secret.ts'
import { startMlflow as startLocal } from '../../../src/providers/local/models/rest/server.ts'
import { describeReal, mlflowCommand } from '../../real.ts'
import { startMlflow } from './server.ts'

const SCRIPT = join(import.meta.dirname, 'python-client.py')
const PYTHON = join(dirname(mlflowCommand()), 'python')

describeReal("MLflow's own client", ['mlflow'], () => {
  test('does the same work, and sees the same error codes, on our server as on a real one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mlflow-python-'))
    const token = new Secret('a-token-of-this-test')
    const clock = { now: () => Date.now(), sleep: async () => {} }
    const ours = await startLocal({ folder, clock, log: { emit: () => {} }, port: 0, token })
    const real = await startMlflow()
    try {
      const said = await run(ours.url, token.reveal())
      expect(said.split('\n').slice(0, 3)).toEqual([
        'INVALID_PARAMETER_VALUE',
        'RESOURCE_DOES_NOT_EXIST',
        'RESOURCE_DOES_NOT_EXIST',
      ])
      expect(said).toBe(await run(real.url))
    } finally {
      await ours.close()
      await real[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  }, 240_000)
})

async function run(url: string, token?: string): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    MLFLOW_TRACKING_URI: url,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
    GIT_PYTHON_REFRESH: 'quiet',
    ...(token !== undefined && { MLFLOW_TRACKING_TOKEN: token }),
  }
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT], { env, cwd: tmpdir() })
  // The client also prints links to its user interface.
  return stdout
    .split('\n')
    .filter((line) => /^[A-Za-z_ ]+$/.test(line))
    .join('\n')
}
