import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SluiceError } from '../../domain/error.ts'
import { type Identity, identify, isRunning } from '../../runtime/process-identity.ts'
import { atPath } from './at-path.ts'

interface Holder extends Identity {
  readonly nonce: string
}

/** Longer than any honest holder needs: what happens inside is a few small reads and writes. */
const PATIENCE = 30_000

const queues = new Map<string, Promise<unknown>>()

let own: Promise<Identity> | undefined

function ownIdentity(): Promise<Identity> {
  own ??= identify(process.pid).then((found) => found ?? { pid: process.pid, started: '' })
  return own
}

/**
 * Runs `work` while no other process on this machine, and no other caller in this one, runs with the same lock file.
 *
 * Node has no flock(2), so the lock is a file that link(2) creates: it appears whole or not at all. A holder that was
 * killed leaves its file behind; whoever finds it dead may take it over, and takeovers are themselves serialised by a
 * lock named after the dead holder's nonce, so that two finders never both believe they hold it.
 *
 * @throws SluiceError `busy` after 30 s behind a living holder.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(path) ?? Promise.resolve()
  const turn = before.then(() => locked(path, work))
  const settled = turn.catch(() => {})
  queues.set(path, settled)
  try {
    return await turn
  } finally {
    if (queues.get(path) === settled) queues.delete(path)
  }
}

async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function acquire(path: string): Promise<void> {
  const nonce = randomUUID()
  const mine = `${path}.${nonce}`
  await writeWithFolder(mine, JSON.stringify({ ...(await ownIdentity()), nonce } satisfies Holder))
  try {
    for (let attempt = 0, since = performance.now(); ; attempt++) {
      if (await tryLink(mine, path)) return
      const holder = await readHolder(path)
      if (holder === undefined) continue
      if (!(await isRunning(holder))) {
        if (await takeOver(path, holder, mine)) return
        continue
      }
      if (performance.now() - since > PATIENCE) throw held(path, holder)
      await wait(Math.min(1 + attempt, 20))
    }
  } finally {
    await rm(mine, { force: true })
  }
}

/** Only the one who holds the claim on this dead holder may replace its file; re-read, because the claim may come late. */
async function takeOver(path: string, dead: Holder, mine: string): Promise<boolean> {
  return await locked(`${path}.${dead.nonce}.claim`, async () => {
    if ((await readHolder(path))?.nonce !== dead.nonce) return false
    await rename(mine, path)
    return true
  })
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function writeWithFolder(path: string, text: string): Promise<void> {
  try {
    await atPath(path, writeFile(path, text))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    await atPath(path, writeFile(path, text))
  }
}

function held(path: string, holder: Holder): SluiceError {
  return new SluiceError('locked', 'user', {
    what: `${path} is held by process ${holder.pid}`,
    rule: 'one process at a time changes what lies beside it',
    remedy: `end process ${holder.pid} if it hangs, and try again`,
  })
}
