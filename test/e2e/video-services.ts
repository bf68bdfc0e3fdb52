import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const APPS = join(import.meta.dirname, '../../examples/video-processing/apps')

/** A copy of the services in this folder, with their packages. */
export async function installVideoApps(folder: string): Promise<string> {
  const apps = join(folder, 'apps')
  await cp(APPS, apps, { recursive: true, filter: (path) => !path.endsWith('/node_modules') })
  const argv = ['ci', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund']
  await promisify(execFile)('npm', argv, { cwd: apps })
  return apps
}

/** Starts `web` or `worker`, until it is healthy. */
export async function startService(
  cwd: string,
  service: string,
  env: Record<string, string>,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [`${service}/main.ts`], {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${service} ended: ${said}`)
    const isHealthy = await fetch(`http://127.0.0.1:${env['PORT']}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isHealthy) return child
    await wait(50)
  }
}

/** Ends it with SIGKILL. */
export async function endService(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
