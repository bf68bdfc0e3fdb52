import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { externalError } from '../../../domain/error.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Exec, Runtime } from '../../../runtime/runtime.ts'

const PID_FILE = 'postmaster.pid'
const PATIENCE = 30_000

/**
 * After a kill of the supervisor its PostgreSQL may still run, or only some of its children. Ends those of this data folder,
 * and nothing else: a process counts only if it is postgres and works in this folder, never because its number stands in
 * postmaster.pid (by now that may be anybody's). A pid file that names a stranger is removed, for PostgreSQL would refuse to
 * start beside it.
 */
export async function endLeftovers(runtime: Runtime, data: string): Promise<void> {
  const running = await postgresIn(runtime.exec, data)
  for (const pid of running) end(pid, 'SIGINT')
  if (running.length > 0 && (await waitForEnd(runtime, data)) === 'timed-out') {
    for (const pid of await postgresIn(runtime.exec, data)) end(pid, 'SIGQUIT')
    if ((await waitForEnd(runtime, data)) === 'timed-out') {
      throw externalError('service', {
        what: `PostgreSQL of ${data} (processes ${running.join(', ')}) does not end`,
        rule: 'one PostgreSQL at a time works in a data folder',
        remedy: `end it by hand: kill -QUIT ${running.join(' ')}`,
      })
    }
  }
  await rm(join(data, PID_FILE), { force: true })
}

async function waitForEnd(runtime: Runtime, data: string): Promise<'ended' | 'timed-out'> {
  const left = async (): Promise<true | undefined> =>
    (await postgresIn(runtime.exec, data)).length === 0 ? true : undefined
  const outcome = await pollUntil(runtime, left, { every: 50, deadline: runtime.clock.now() + PATIENCE })
  return outcome === 'timed-out' ? outcome : 'ended'
}

/** PostgreSQL's processes make the data folder their working directory. */
export async function postgresIn(exec: Exec, data: string): Promise<readonly number[]> {
  const folder = await realpath(data).catch(() => data)
  if (process.platform !== 'linux') return await byCommandLine(exec, folder)
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [cwd, command] = await Promise.all([
      readlink(`/proc/${name}/cwd`).catch(() => ''),
      readFile(`/proc/${name}/comm`, 'utf8').catch(() => ''),
    ])
    if (cwd === folder && command.trim() === 'postgres') found.push(Number(name))
  }
  return found
}

/** Without /proc: the process in the pid file, if its command line says postgres and this folder. */
async function byCommandLine(exec: Exec, folder: string): Promise<readonly number[]> {
  const [first = ''] = (await readFile(join(folder, PID_FILE), 'utf8').catch(() => '')).split('\n')
  if (!/^[1-9]\d*$/.test(first)) return []
  const { code, stdout } = await exec.run(['ps', '-o', 'command=', '-p', first])
  return code === 0 && stdout.includes('postgres') && stdout.includes(folder) ? [Number(first)] : []
}

function end(pid: number, signal: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
