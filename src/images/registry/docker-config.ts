import { homedir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { externalError, usageError } from '../../domain/error.ts'
import { Secret } from '../../domain/secret.ts'
import { DOCKER_HUB } from '../../domain/system/image-place.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { type CredentialSource, type Credentials, IDENTITY_TOKEN } from './credentials.ts'

/** @see https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties */
const configSchema = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
})
type DockerConfig = z.infer<typeof configSchema>

/** @see https://github.com/docker/docker-credential-helpers/blob/v0.8.2/credentials/credentials.go */
const helperAnswer = z.looseObject({ Username: z.string(), Secret: z.string() })

const HELPER = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const HELPER_TIMEOUT = 30_000
/** The name that `docker login` keeps Docker Hub under. */
const HUB_KEY = 'https://index.docker.io/v1/'

/** The logins of `docker login` and of Docker's credential helpers, as this user has them. */
export function dockerLogins(runtime: Pick<Runtime, 'env' | 'exec' | 'files'>): CredentialSource {
  const { env } = runtime
  const folder = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker')
  const path = join(folder, 'config.json')
  return {
    async of(host) {
      const config = await readConfig(runtime, path)
      const keys = keysOf(host)
      const helpers = config.credHelpers ?? {}
      const helper = keys.map((key) => helpers[key]).find((one) => one !== undefined) ?? config.credsStore
      if (helper !== undefined) {
        const found = await fromHelper(runtime, helper, host === DOCKER_HUB ? HUB_KEY : host, path)
        if (found !== undefined) return found
      }
      return fromAuths(config, keys, path)
    },
  }
}

async function readConfig({ files }: Pick<Runtime, 'files'>, path: string): Promise<DockerConfig> {
  const bytes = await files.read(path)
  if (bytes === undefined) return {}
  try {
    return configSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    throw damaged(path, 'it is not what Docker writes', cause)
  }
}

/** The forms that people and Docker itself have written hosts in. */
function keysOf(host: string): readonly string[] {
  const names = host === DOCKER_HUB ? ['index.docker.io', 'registry-1.docker.io'] : []
  const hosts = [host, ...names]
  return [
    ...(host === DOCKER_HUB ? [HUB_KEY] : []),
    ...hosts.flatMap((one) => [
      one,
      `https://${one}`,
      `https://${one}/v1/`,
      `https://${one}/v2/`,
      `http://${one}`,
    ]),
  ]
}

function fromAuths(
  { auths = {} }: DockerConfig,
  keys: readonly string[],
  path: string,
): Credentials | undefined {
  const key = keys.find((one) => auths[one] !== undefined)
  const entry = key === undefined ? undefined : auths[key]
  if (entry === undefined) return undefined
  if (entry.identitytoken) return { username: IDENTITY_TOKEN, password: new Secret(entry.identitytoken) }
  if (entry.auth) {
    const text = Buffer.from(entry.auth, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon < 1) throw damaged(path, `the entry of ${key} holds no user and password`)
    return { username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) }
  }
  if (entry.username && entry.password) {
    return { username: entry.username, password: new Secret(entry.password) }
  }
  // An empty entry says that a helper has it, and the helper was asked.
  return undefined
}

async function fromHelper(
  { exec, env }: Pick<Runtime, 'exec' | 'env'>,
  helper: string,
  server: string,
  path: string,
): Promise<Credentials | undefined> {
  if (!HELPER.test(helper)) throw damaged(path, `${JSON.stringify(helper)} is no name of a credential helper`)
  const command = `docker-credential-${helper}`
  // It is the user's own program and reads what it knows: profiles, tokens of the cloud, a session bus.
  const result = await exec.run([command, 'get'], { env, input: server, timeout: HELPER_TIMEOUT })
  if (result.code !== 0) {
    const said = `${result.stdout}\n${result.stderr}`
    if (/credentials not found/i.test(said)) return undefined
    throw externalError('user', {
      what: `${command} failed (${result.code ?? result.signal}) for ${server}: ${lastLine(said)}`,
      rule: `${path} names it for the logins of registries`,
      remedy: `run "docker login ${server}", or see what is wrong with ${command}`,
    })
  }
  try {
    const { Username, Secret: password } = helperAnswer.parse(JSON.parse(result.stdout))
    // Some helpers say that they know nobody with an answer that is empty.
    return password === '' ? undefined : { username: Username, password: new Secret(password) }
  } catch {
    // Without the cause: it would quote what may be a password.
    throw externalError('user', {
      what: `${command} gives no login for ${server} that can be read`,
      rule: 'a credential helper answers with JSON',
      remedy: `run "docker login ${server}", or see what is wrong with ${command}`,
    })
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
}

function damaged(path: string, why: string, cause?: unknown): Error {
  return usageError(
    { what: `${path}: ${why}`, rule: 'logins of registries are read from it', remedy: 'log in again' },
    cause,
  )
}
