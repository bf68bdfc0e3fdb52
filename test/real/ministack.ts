import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pythonProgram } from '../tools-folder.ts'
import type { DockerEngine } from './docker-engine.ts'

export interface Ministack extends AsyncDisposable {
  /** `127.0.0.1:PORT`: every service of AWS, and the registry of ECR. */
  readonly host: string
  readonly account: string
  readonly region: string
}

export interface MinistackOptions {
  /** Runs tasks as containers; without one they are only said to run. */
  readonly engine?: Pick<DockerEngine, 'env'>
}

/** ministack, an emulator of AWS, with data of this suite's own, on any free port. */
export async function startMinistack(options: MinistackOptions = {}): Promise<Ministack> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ministack-'))
  const log = join(folder, 'log')
  const output = openSync(log, 'a')
  const [account, region] = ['123456789012', 'eu-west-1']
  const child = spawn(pythonProgram('clouds', 'ministack'), [], {
    cwd: folder,
    stdio: ['ignore', output, output],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: folder,
      // Without it, ministack opens a port on every address.
      IOT_MTLS_ENABLED: '0',
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(await freePort()),
      MINISTACK_ACCOUNT_ID: account,
      MINISTACK_REGION: region,
      LAMBDA_EXECUTOR: 'local',
      ...(options.engine === undefined ? {} : { DOCKER_HOST: options.engine.env.DOCKER_HOST }),
    },
  })
  closeSync(output)
  const ended = new Promise((resolve) => child.once('close', resolve))
  let host: string | undefined
  for (const deadline = Date.now() + 90_000; host === undefined; await wait(100)) {
    const text = readFileSync(log, 'utf8')
    host = /Running on http:\/\/(127\.0\.0\.1:\d+)/.exec(text)?.[1]
    if (host === undefined && (child.exitCode !== null || Date.now() > deadline)) {
      child.kill('SIGKILL')
      throw new Error(`ministack did not start:\n${text}`)
    }
  }
  return {
    host,
    account,
    region,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** It does not choose one by itself. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
