import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secret } from '../../domain/secret.ts'

export interface Login {
  readonly host: string
  readonly username: string
  readonly password: Secret
}

/** What of a DOCKER_CONFIG folder is not in config.json. */
const BESIDE = ['cli-plugins', 'contexts', 'buildx', 'tls']

/**
 * A DOCKER_CONFIG for one build: the user's own, with our logins in front of its. The engine's clients read passwords from
 * there and nowhere else, so none stands on a command line or stays in the user's file (promise R5).
 */
export async function writeLogins(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  logins: readonly Login[],
): Promise<void> {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? ''
  const original = env['DOCKER_CONFIG'] ?? join(home, '.docker')
  const config = withLogins(await jsonOf(join(original, 'config.json')), logins)
  await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 })
  // A link to nothing is no harm: the client looks for what is behind it.
  for (const name of BESIDE) await symlink(join(original, name), join(folder, name))
}

/** config.json with these logins; an empty helper keeps the client from asking the user's store for them. */
export function withLogins(
  config: Readonly<Record<string, unknown>>,
  logins: readonly Login[],
): Record<string, unknown> {
  if (logins.length === 0) return { ...config }
  const auths = logins.map(({ host, username, password }) => {
    const auth =
      username === IDENTITY
        ? { identitytoken: password.reveal() }
        : { auth: Buffer.from(`${username}:${password.reveal()}`).toString('base64') }
    return [keyOf(host), auth] as const
  })
  const helpers = logins.map(({ host }) => [keyOf(host), ''] as const)
  return {
    ...config,
    auths: { ...record(config['auths']), ...Object.fromEntries(auths) },
    credHelpers: { ...record(config['credHelpers']), ...Object.fromEntries(helpers) },
  }
}

const IDENTITY = '<token>'

/** Docker Hub is called by its oldest address. */
function keyOf(host: string): string {
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host
}

async function jsonOf(path: string): Promise<Record<string, unknown>> {
  try {
    return record(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return {}
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
