import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { externalError, SluiceError, usageError } from '../../../domain/error.ts'
import type { Image } from '../../../domain/system/system.ts'
import type { Runtime } from '../../../runtime/runtime.ts'

/** So many of its last lines stand in the error. */
const LAST = 20
/** Half an hour: installing dependencies that takes longer hangs. */
const TIMEOUT = 1_800_000

/**
 * What an install command may know of this machine: where programs and its cache are, how to reach the network, and the
 * build secrets that sluice.yml names. Everything else stays here.
 */
const PASSED = [
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'XDG_CACHE_HOME',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'npm_config_cache',
  'npm_config_registry',
  'npm_config_userconfig',
  'PIP_CACHE_DIR',
  'PIP_CERT',
  'PIP_FIND_LINKS',
  'PIP_INDEX_URL',
] as const

export function installEnvironment(
  env: Runtime['env'],
  image: Image,
  imageEnv: Readonly<Record<string, string>>,
  node: string,
): Record<string, string | undefined> {
  const secrets = image.kind === 'build' ? Object.values(image.secrets) : []
  const passed = [...PASSED, ...secrets].map((name) => [name, env[name]] as const)
  const { PATH: _, ...own } = imageEnv
  return {
    ...Object.fromEntries(passed.filter(([, value]) => value !== undefined)),
    ...own,
    PATH: [dirname(node), env['PATH']].filter((part) => part !== undefined).join(':'),
  }
}

/**
 * Runs `images.NAME.local.install` in its folder, relaying what it says.
 * @throws SluiceError external with its last lines where it fails; cancelled where the user does.
 */
export async function runInstall(
  runtime: Pick<Runtime, 'exec' | 'log' | 'signals'>,
  image: Image,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [command, ...args] = image.local?.install ?? []
  const where = `images.${image.name}.local.install`
  if (command === undefined) throw usageError({ what: `${where} names no command` })
  const child = await runtime.exec.start([command, ...args], {
    cwd,
    env,
    signal: runtime.signals.cancelled,
    timeout: TIMEOUT,
  })
  const last: string[] = []
  const relay = async (stream: Readable): Promise<void> => {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      runtime.log.emit({ kind: 'output', source: `install ${image.name}`, line })
      last.push(line)
      if (last.length > LAST) last.shift()
    }
  }
  const [end] = await Promise.all([child.ended, relay(child.stdout), relay(child.stderr)])
  if (end.code === 0) return
  if (runtime.signals.cancelled.aborted) {
    throw new SluiceError('cancelled', 'user', { what: `${where} was cancelled` })
  }
  const how = end.code === null ? `was ended by ${end.signal}` : `ended with exit code ${end.code}`
  throw externalError('user', {
    what: [`${[command, ...args].join(' ')} ${how}`, ...last.map((line) => `  ${line}`)].join('\n'),
    rule: where,
    remedy: `make "${[command, ...args].join(' ')}" work in the image's context; nothing was published`,
  })
}
