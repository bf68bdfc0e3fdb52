import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { withLock } from '../../src/providers/local/file-lock.ts'
import { type Identity, identify, isRunning } from '../../src/runtime/process-identity.ts'

/**
 * The one real dockerd of this machine: a second one would take the first one's bridge away. It is started by whoever
 * needs it first, shared by every test process and every run, and ended with its data by the last run that used it
 * (test/real/end-docker-engine.ts). RUN needs `docker build --network host`: the bridge has no way out.
 */
export interface DockerEngine {
  /** Absolute path of its socket. */
  readonly socket: string
  /** For processes that use it: DOCKER_HOST, and Debian's docker (20.10, builds without a plugin) first on PATH. */
  readonly env: { readonly DOCKER_HOST: string; readonly PATH: string; readonly DOCKER_CONFIG: string }
  /** Runs Debian's docker to the end; its standard output. */
  docker(...args: string[]): string
  /** The same, with a folder as a tar archive on standard input. */
  import(folder: string, reference: string, ...changes: string[]): void
}

const folder = join(tmpdir(), `sluice-docker-${process.getuid?.() ?? 0}`)
const socket = join(folder, 'docker.sock')
const pidFile = join(folder, 'docker.pid')
const users = join(folder, 'users')
const lock = `${folder}.lock`

/** The process that stands for this test run: vitest itself, which outlives its workers. */
const RUN = 'SLUICE_TEST_RUN'

export async function dockerEngine(): Promise<DockerEngine> {
  await withLock(lock, async () => {
    mkdirSync(users, { recursive: true, mode: 0o700 })
    const run = await identify(Number(process.env[RUN] ?? process.pid))
    if (run === undefined) throw new Error(`the test run ${process.env[RUN]} has ended`)
    writeFileSync(join(users, String(run.pid)), JSON.stringify(run))
    if (!answers()) await start()
  })
  return engine
}

/** Ends the engine where this run was the last one that used it. */
export async function leaveDockerEngine(): Promise<void> {
  if (!existsSync(folder)) return
  await withLock(lock, async () => {
    if (!existsSync(users)) return
    rmSync(join(users, process.env[RUN] ?? String(process.pid)), { force: true })
    for (const name of readdirSync(users)) {
      const user = JSON.parse(readFileSync(join(users, name), 'utf8')) as Identity
      if (await isRunning(user)) return
    }
    await stop()
    unmount()
    rmSync(folder, { recursive: true, force: true })
  })
}

const config = join(folder, 'config')
const env = {
  DOCKER_HOST: `unix://${socket}`,
  // A folder without credentials, contexts and plugins: whatever this machine's user has is not used.
  DOCKER_CONFIG: config,
  PATH: `/usr/bin:${process.env['PATH'] ?? ''}`,
}

function docker(...args: string[]): string {
  return execFileSync('/usr/bin/docker', args, {
    encoding: 'utf8',
    env: { ...env, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

const engine: DockerEngine = {
  socket,
  env,
  docker,
  import: (tree, reference, ...changes) => {
    const options = changes.flatMap((change) => ['--change', change])
    const tar = execFileSync('tar', ['-C', tree, '-c', '.'], { maxBuffer: 2 ** 28 })
    execFileSync('/usr/bin/docker', ['import', ...options, '-', reference], {
      input: tar,
      env: { ...env, HOME: folder },
      stdio: ['pipe', 'ignore', 'pipe'],
    })
  },
}

function answers(): boolean {
  try {
    docker('version', '--format', '{{.Server.Version}}')
    return true
  } catch {
    return false
  }
}

async function start(): Promise<void> {
  mkdirSync(config, { recursive: true })
  rmSync(pidFile, { force: true })
  const log = openSync(join(folder, 'dockerd.log'), 'a', 0o600)
  const flags = {
    host: `unix://${socket}`,
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: pidFile,
    iptables: 'false',
    ip6tables: 'false',
    ip: '127.0.0.1',
    'storage-driver': 'overlay2',
  }
  const child = spawn(
    'dockerd',
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    { detached: true, stdio: ['ignore', log, log], env: { PATH: process.env['PATH'], HOME: folder } },
  )
  child.unref()
  for (const deadline = Date.now() + 60_000; !answers(); await wait(50)) {
    if (child.exitCode === null && Date.now() < deadline) continue
    throw new Error(`dockerd did not start:\n${readFileSync(join(folder, 'dockerd.log'), 'utf8')}`)
  }
}

async function stop(): Promise<void> {
  if (!existsSync(pidFile)) return
  const daemon = await identify(Number(readFileSync(pidFile, 'utf8')))
  if (daemon === undefined) return
  for (const id of docker('ps', '--all', '--quiet').split('\n').filter(Boolean)) docker('rm', '--force', id)
  process.kill(daemon.pid, 'SIGTERM')
  for (const deadline = Date.now() + 60_000; await isRunning(daemon); await wait(50)) {
    if (Date.now() > deadline) throw new Error(`dockerd ${daemon.pid} does not end`)
  }
}

/** dockerd leaves the network namespace of `--network host` mounted. */
function unmount(): void {
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
  for (const point of points.reverse()) execFileSync('umount', [point])
}

/**
 * A base image from Debian's busybox-static, pushed under this repository: 2 MB, /bin/sh and the common commands.
 * @returns `REGISTRY/base/busybox:1`.
 */
export function pushBusybox(host: string, more: readonly string[] = ['CMD ["sh"]']): string {
  const reference = importBusybox(`${host}/base/busybox:1`, ...more)
  docker('push', '--quiet', reference)
  return reference
}

/** An image of Debian's busybox in the engine alone. */
export function importBusybox(reference: string, ...more: string[]): string {
  const tree = mkdtempSync(join(tmpdir(), 'sluice-busybox-'))
  try {
    mkdirSync(join(tree, 'bin'))
    mkdirSync(join(tree, 'tmp'))
    execFileSync('cp', ['/usr/bin/busybox', join(tree, 'bin/busybox')])
    execFileSync(join(tree, 'bin/busybox'), ['--install', '-s', join(tree, 'bin')])
    // The links name the busybox of this folder; in the image it is /bin/busybox.
    for (const name of readdirSync(join(tree, 'bin'))) {
      if (name === 'busybox') continue
      rmSync(join(tree, 'bin', name))
      execFileSync('ln', ['-s', 'busybox', join(tree, 'bin', name)])
    }
    engine.import(tree, reference, ...more)
    return reference
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}
