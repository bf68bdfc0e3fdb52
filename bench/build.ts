/**
 * What `sluice build` takes, as a whole process, when the registry has the image of a context of 5,000 files and 500 MB:
 * against hashing all of it, and against a fully cached `docker build` and push of the same context. Needs dockerd,
 * docker-registry and busybox-static.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build as bundle } from 'esbuild'
import { dockerEngine, leaveDockerEngine, pushBusybox } from '../test/real/docker-engine.ts'
import { startRegistry } from '../test/real/docker-registry.ts'

const FILES = 5000
const BYTES = 500_000_000
const RUNS = Number(process.env['BENCH_RUNS'] ?? 7)

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const origin = join(folder, 'origin')
const root = join(folder, 'clone')
const git = (cwd: string, ...args: string[]): void =>
  void execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], {
    cwd,
    stdio: 'ignore',
  })

function writeContext(base: string): void {
  for (let n = 0; n < FILES; n++) {
    const place = join(origin, 'app', `d${n % 50}`)
    mkdirSync(place, { recursive: true })
    const bytes = Buffer.alloc(Math.floor(BYTES / FILES), n & 255)
    bytes.writeUInt32BE(n)
    writeFileSync(join(place, `f${n}.bin`), bytes)
  }
  writeFileSync(join(origin, 'app/Dockerfile'), `FROM ${base}\nCOPY . /app\n`)
  writeFileSync(
    join(origin, 'sluice.yml'),
    'system: bench\nenvironments:\n  production: { cloud: aws, region: us-east-1, account: "222222222222" }\nimages:\n  api: { context: app }\n',
  )
}

type Way = 'known' | 'fresh' | 'read' | 'plain' | 'peer'

interface Taken {
  /** Milliseconds by the clock. */
  readonly wall: number
  /** Milliseconds of the processors, user and system: what stays the same on a busy machine. */
  readonly cpu: number
}

function timed(work: () => void, of: 'children' | 'self'): Taken {
  const before = [cpuOfChildren(), process.cpuUsage()] as const
  const start = performance.now()
  work()
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(before[1])
  return { wall, cpu: of === 'self' ? (user + system) / 1000 : cpuOfChildren() - before[0] }
}

/** Of processes that have ended, in ticks of 10 ms: cutime and cstime of proc(5). */
function cpuOfChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10
}

function hashAll(): void {
  const hash = createHash('sha256')
  for (const name of readdirSync(join(root, 'app'), { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(root, 'app', name)
    if (statSync(path).isFile()) hash.update(name).update(readFileSync(path))
  }
  hash.digest('hex')
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

const engine = await dockerEngine()
try {
  await using registry = await startRegistry()
  // By digest, as a careful Dockerfile names it: then the answer needs one HEAD and no other request.
  const tagged = pushBusybox(registry.host)
  const base = engine.docker('image', 'inspect', '--format={{index .RepoDigests 0}}', tagged)
  mkdirSync(origin)
  writeContext(base)
  git(origin, 'init', '-q')
  git(origin, 'add', '.')
  git(origin, 'commit', '-qm', 'context')
  git(folder, 'clone', '-q', `file://${origin}`, root)
  rmSync(origin, { recursive: true })

  const entry = join(folder, 'bundle')
  await bundle({
    entryPoints: {
      decide: join(import.meta.dirname, 'build/decide.ts'),
      'context-reader': join(import.meta.dirname, '../src/tools/context/reader.ts'),
    },
    outdir: entry,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    splitting: true,
    // As scripts/bundle.ts does it.
    alias: { yaml: join(import.meta.dirname, '../node_modules/yaml/browser/dist/index.js') },
    banner: {
      js: "import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  writeFileSync(join(entry, 'package.json'), '{ "type": "module" }\n')
  const env = {
    ...engine.env,
    HOME: folder,
    BENCH_REGISTRY: registry.host,
    SLUICE_BUILD_NETWORK: 'host',
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  }
  const sluice = (environment: Record<string, string>): string =>
    execFileSync(process.execPath, [join(entry, 'decide.js')], {
      cwd: root,
      env: environment,
      encoding: 'utf8',
    })
  const peer = (): void => {
    const name = `${registry.host}/bench/peer:1`
    const options = { cwd: root, env: { ...env, DOCKER_BUILDKIT: '1' }, stdio: 'ignore' } as const
    execFileSync('/usr/bin/docker', ['build', '--network=host', `--tag=${name}`, join(root, 'app')], options)
    execFileSync('/usr/bin/docker', ['push', name], options)
  }
  const noGit = { ...env, PATH: dirname(process.execPath) }
  const state = join(root, '.sluice/production/cache')
  sluice(env)
  peer()
  const times = { known: [], fresh: [], read: [], plain: [], peer: [] } as Record<Way, Taken[]>
  for (let run = 0; run < RUNS; run++) {
    const known = (): void => {
      const said = sluice(env)
      if (!said.includes('nothing to do')) throw new Error(said)
    }
    times.known.push(timed(known, 'children'))
    rmSync(state, { recursive: true })
    times.fresh.push(timed(() => sluice(env), 'children'))
    rmSync(state, { recursive: true })
    times.read.push(timed(() => sluice(noGit), 'children'))
    times.plain.push(timed(hashAll, 'self'))
    times.peer.push(timed(peer, 'children'))
  }
  const of = (way: Way, which: keyof Taken = 'wall'): number =>
    Math.round(median(times[way].map((taken) => taken[which])))
  const ratio = (way: Way, against: Way): number => Math.round((of(against) / of(way)) * 10) / 10
  const value = (label: string, number: number, unit: string) => ({ label, value: number, unit })
  const result = {
    name: 'build',
    command: 'node bench/build.ts',
    measured: [
      value('5,000 files, 500 MB, image known: the whole process, one HEAD included', of('known'), 'ms'),
      value('of the processors, for that', of('known', 'cpu'), 'ms'),
      value('the same on a fresh clone, by the git index', of('fresh'), 'ms'),
      value('of the processors, for that', of('fresh', 'cpu'), 'ms'),
      value('without git: everything read by two workers', of('read'), 'ms'),
      value('faster than one SHA-256 over everything', ratio('known', 'plain'), 'times'),
      value('faster than a fully cached docker build and push', ratio('known', 'peer'), 'times'),
      value('fresh clone, faster than one SHA-256 over everything', ratio('fresh', 'plain'), 'times'),
      value('fresh clone, faster than a fully cached docker build and push', ratio('fresh', 'peer'), 'times'),
      value('load average while measuring (2 processors)', Math.round((loadavg()[0] ?? 0) * 10) / 10, ''),
    ],
    against: [
      value('one SHA-256 over everything', of('plain'), 'ms'),
      value('of the processors, for that', of('plain', 'cpu'), 'ms'),
      value('docker build (20.10, all cached) and docker push of the same context', of('peer'), 'ms'),
    ],
  }
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
  writeFileSync(join(import.meta.dirname, 'results/build.json'), `${JSON.stringify(result, undefined, 2)}\n`)
  for (const { label, value: number, unit } of [...result.measured, ...result.against]) {
    console.log(`${label}: ${number} ${unit}`)
  }
} finally {
  await leaveDockerEngine()
  rmSync(folder, { recursive: true, force: true })
}
