import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { externalError, usageError } from '../../../domain/error.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Installation } from './installation.ts'
import type { PostgresSettings } from './settings.ts'

/**
 * initdb into a folder beside, then renamed: a data folder is whole or not there. One that is there stays, if this
 * PostgreSQL can use it.
 */
export async function initialise(
  runtime: Runtime,
  installation: Installation,
  data: string,
  settings: PostgresSettings,
): Promise<void> {
  const made = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const [major = ''] = installation.version.split('.')
  if (made === major) return
  if (made !== '') {
    throw usageError({
      what: `${data} was made by PostgreSQL ${made}, the embedded one is ${installation.version}`,
      rule: 'PostgreSQL reads only data of its own major version',
      remedy: `dump the data with PostgreSQL ${made}, remove ${data}, start again and load the dump`,
    })
  }
  const { account } = installation
  const beside = `${data}.${Buffer.from(runtime.random.bytes(6)).toString('hex')}`
  const secret = `${beside}.password`
  await mkdir(beside, { recursive: true, mode: 0o700 })
  await writeFile(secret, `${settings.password}\n`, { mode: 0o600 })
  try {
    if (account !== undefined) {
      for (const path of [beside, secret]) await chown(path, account.uid, account.gid)
    }
    const done = await runtime.exec.run(
      [
        join(installation.native, 'bin', 'initdb'),
        `--pgdata=${beside}`,
        `--username=${settings.user}`,
        `--pwfile=${secret}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The collation of the C library differs between machines; the built-in one does not.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      { cwd: dirname(beside), env: postgresEnv(runtime), timeout: 300_000, ...(account && { account }) },
    )
    if (done.code !== 0) {
      throw externalError('service', {
        what: `initdb failed (exit ${done.code ?? done.signal}): ${done.stderr.trim().split('\n').slice(-5).join(' | ')}`,
        remedy: `see that ${dirname(data)} can be written and has 100 MB free`,
      })
    }
    await rename(beside, data)
  } finally {
    await rm(secret, { force: true })
    await rm(beside, { recursive: true, force: true })
  }
}

/** What the server needs; nothing of ours leaks into it. */
export function postgresEnv(runtime: Runtime): Record<string, string> {
  return { PATH: runtime.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}
