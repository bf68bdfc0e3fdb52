import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { SluiceError } from '../../domain/error.ts'
import type { Clock } from '../../runtime/runtime.ts'

const STEP = 20
/** Changing an index takes milliseconds; who holds it longer hangs. */
const PATIENCE = 30_000

/**
 * Runs `work` while no other process changes the same index. The lock is a file that holds who has it; that of a
 * process that is gone is taken away.
 * @throws SluiceError locked where a live process keeps it for 30 s.
 */
export async function withLock<T>(path: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const mine = JSON.stringify({ host: hostname(), pid: process.pid, id: randomUUID() })
  const started = clock.now()
  while (!(await take(path, mine))) {
    const holder = await readFile(path, 'utf8').catch(() => undefined)
    if (holder === undefined) continue
    if (isGone(holder)) {
      await takeAway(path, holder)
      continue
    }
    if (clock.now() - started > PATIENCE) {
      throw new SluiceError('locked', 'user', {
        what: `${path} has been held for ${PATIENCE / 1000} s by ${holder}`,
        remedy: 'end that process, or remove the file if it is on a machine that is gone',
      })
    }
    await clock.sleep(STEP)
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string, mine: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx')
    try {
      await handle.writeFile(mine)
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Only one of several that wait wins the rename, and it looks again at what it took. */
async function takeAway(path: string, holder: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const taken = await readFile(aside, 'utf8').catch(() => holder)
  if (taken === holder) await rm(aside, { force: true })
  else await rename(aside, path)
}

function isGone(holder: string): boolean {
  let pid: unknown
  try {
    const value = JSON.parse(holder) as { host?: unknown; pid?: unknown }
    if (value.host !== hostname()) return false
    pid = value.pid
  } catch {
    // Just created, not written yet; or its writer died in between, which the patience above reports.
    return false
  }
  if (typeof pid !== 'number') return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
