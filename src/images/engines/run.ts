import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Digest } from '../../domain/digest.ts'
import { externalError, SluiceError, usageError } from '../../domain/error.ts'
import type { Argv, Runtime } from '../../runtime/runtime.ts'
import { buildArgv } from './argv.ts'
import { type Engine, engineName, pushesByDigest } from './engine.ts'
import { engineEnvironment } from './environment.ts'
import { digestOfMetadata, digestOfPush, isImmutableTag } from './made.ts'
import type { BuildOrder } from './order.ts'
import { type ProgressReader, plainProgress, rawJsonProgress } from './progress.ts'

type Machine = Pick<Runtime, 'exec' | 'env' | 'log' | 'signals'>

/** The last lines of output that a failure repeats. */
const TAIL = 12

/**
 * Builds; where the engine pushes by itself, the image is in the registry afterwards, without a tag, and this is its digest.
 * Elsewhere it lies in the daemon under the order's tag (see pushTag).
 *
 * @param config folder for DOCKER_CONFIG.
 * @throws SluiceError usage for a secret that is not there; external where the build fails.
 */
export async function runBuild(
  machine: Machine,
  engine: Engine,
  order: BuildOrder,
  config: string,
): Promise<Digest | undefined> {
  const argv = buildArgv(engine, order)
  const env = { ...environment(machine, config), ...secretVariables(machine, order) }
  const reader = engine.kind === 'docker' ? plainProgress(order.image) : rawJsonProgress(order.image)
  await relayed(machine, argv, env, reader, `image ${order.image} was not built by ${engineName(engine)}`)
  if (!pushesByDigest(engine)) return undefined
  const digest = digestOfMetadata(await readFile(order.metadata, 'utf8'))
  if (digest === undefined) {
    throw externalError('service', {
      what: `${engineName(engine)} does not tell the digest of image ${order.image}`,
    })
  }
  return digest
}

/** `docker push`: the digest that the registry has under the tag then, or that the tag may not move. */
export async function pushTag(
  machine: Machine,
  order: BuildOrder,
  config: string,
): Promise<Digest | 'immutable'> {
  const argv: Argv = ['docker', 'push', '--', `${order.repository}:${order.tag}`]
  const result = await machine.exec.run(argv, {
    env: environment(machine, config),
    signal: machine.signals.cancelled,
  })
  machine.signals.cancelled.throwIfAborted()
  if (result.code !== 0) {
    if (isImmutableTag(result.stderr)) return 'immutable'
    throw failure(
      `image ${order.image} was not pushed to ${order.repository}`,
      result.stderr.trim().split('\n'),
    )
  }
  const digest = digestOfPush(result.stdout, order.tag)
  if (digest === undefined) {
    throw externalError('service', { what: `docker push does not tell the digest of image ${order.image}` })
  }
  return digest
}

function environment({ env }: Machine, config: string): Record<string, string> {
  return { ...engineEnvironment(env), DOCKER_CONFIG: config }
}

/** The variables that secrets come from, masked from now on. */
function secretVariables({ env, log }: Machine, { secrets, ssh, image }: BuildOrder): Record<string, string> {
  const missing = Object.entries(secrets).filter(([, name]) => !env[name])
  const [first, ...others] = missing.map(([id, name]) => ({
    what: `secret ${id} of image ${image} is not there: ${name} is not set`,
    rule: 'a build secret comes from an environment variable',
    remedy: `set ${name} for this command; in a workflow: env: { ${name}: "\${{ secrets.${name} }}" }`,
  }))
  if (first !== undefined) throw usageError([first, ...others])
  const values: Record<string, string> = {}
  for (const name of Object.values(secrets)) {
    const value = env[name] ?? ''
    log.emit({ kind: 'mask', value })
    values[name] = value
  }
  const agent = env['SSH_AUTH_SOCK']
  if (!ssh) return values
  if (agent === undefined) {
    throw usageError({
      what: `image ${image} asks for the SSH agent, and there is none`,
      rule: 'SSH_AUTH_SOCK names it',
      remedy: 'start ssh-agent and add the key',
    })
  }
  return { ...values, SSH_AUTH_SOCK: agent }
}

async function relayed(
  { exec, log, signals }: Machine,
  argv: Argv,
  env: Readonly<Record<string, string>>,
  reader: ProgressReader,
  what: string,
): Promise<void> {
  const child = await exec.start(argv, { env, signal: signals.cancelled })
  const tail: string[] = []
  const read = async (stream: typeof child.stdout): Promise<void> => {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      for (const event of reader(line)) {
        log.emit(event)
        if (event.kind !== 'output') continue
        tail.push(event.line)
        if (tail.length > TAIL) tail.shift()
      }
    }
  }
  const [{ code }] = await Promise.all([child.ended, read(child.stdout), read(child.stderr)])
  signals.cancelled.throwIfAborted()
  if (code !== 0) throw failure(what, tail)
}

function failure(what: string, lines: readonly string[]): SluiceError {
  const text = lines.slice(-TAIL).join('\n')
  if (/no space left on device/i.test(text)) {
    return new SluiceError('external', 'user', {
      what: `${what}: the disk is full`,
      remedy: 'free some with "docker system prune --all" and "docker builder prune", or use a larger disk',
    })
  }
  if (/no match for platform|does not match the specified platform|exec format error/i.test(text)) {
    return usageError({
      what: `${what}:\n${text}`,
      rule: 'the base image has to exist for the platform of the image',
      remedy: 'name a base image for that platform, or change platforms',
    })
  }
  return externalError('user', {
    what: `${what}:\n${text}`,
    remedy: 'the output above says which step failed',
  })
}
