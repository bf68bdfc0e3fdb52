import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { usageError } from '../../../domain/error.ts'
import type { Exec } from '../../../runtime/runtime.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * PostgreSQL refuses to run as root: then it runs as `postgres`, which is made where it is missing, or else as `nobody`.
 * undefined where we are not root: it runs as ourselves.
 */
export async function postgresAccount(exec: Exec, uid = process.getuid?.()): Promise<Account | undefined> {
  if (uid !== 0) return undefined
  const there = findAccount(await passwd(), 'postgres')
  if (there !== undefined) return there
  const useradd = await exec.find('useradd')
  if (useradd !== undefined) {
    await exec.run([
      useradd,
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'postgres',
    ])
  }
  const accounts = await passwd()
  const made = findAccount(accounts, 'postgres') ?? findAccount(accounts, 'nobody')
  if (made !== undefined) return made
  throw usageError({
    what: 'no account was found that PostgreSQL could run as',
    rule: 'PostgreSQL does not run as root',
    remedy: 'run Sluice as an ordinary user, or make a user named postgres',
  })
}

/** passwd(5): name:password:uid:gid:... */
export function findAccount(text: string, name: string): Account | undefined {
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name)
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])]
  return fields !== undefined && uid > 0 && Number.isInteger(gid) ? { name, uid, gid } : undefined
}

/** May this account pass through all folders down to the path? Groups beyond its own are not asked. */
export async function canReach(path: string, { uid, gid }: Account): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined)
    if (found !== undefined) {
      const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001
      if ((found.mode & bit) === 0) return false
    }
    if (folder === dirname(folder)) return true
  }
}

async function passwd(): Promise<string> {
  return await readFile('/etc/passwd', 'utf8').catch(() => '')
}
