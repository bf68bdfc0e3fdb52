/**
 * What `sluice build` takes when the registry has the image of a context of 5,000 files and 500 MB, against hashing all of it
 * (as a shell, a workflow and one loop do it) and against a fully cached `docker build` and push of the same context (by the
 * classic builder, which is sent the context whole, and by BuildKit, which asks for what changed). Everything is a whole
 * process, in the same rounds, with the files in the page cache. Needs dockerd, docker-registry and busybox-static.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { BANNER, SHIPPED } from '../scripts/bundle.ts'
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

type Way = 'known' | 'fresh' | 'read' | 'one' | 'workflow' | 'shell' | 'classic' | 'buildkit'

interface Taken {
  /** Milliseconds by the clock. */
  readonly wall: number
  /** Milliseconds of the processors, user and system: what stays the same on a busy machine. */
  readonly cpu: number
}

function timed(work: () => void): Taken {
  const before = cpuOfChildren()
  const start = performance.now()
  work()
  return { wall: performance.now() - start, cpu: cpuOfChildren() - before }
}

/** Of processes that have ended, in ticks of 10 ms: cutime and cstime of proc(5). */
function cpuOfChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10
}

/** The best round counts, for both sides: other work on the machine comes and goes. */
const least = (values: readonly number[]): number => Math.min(...values)

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
  await build({
    entryPoints: {
      decide: join(import.meta.dirname, 'build/decide.ts'),
      'context-reader': join(import.meta.dirname, '../src/tools/context/reader.ts'),
    },
    outdir: entry,
    ...SHIPPED,
    splitting: true,
    // As scripts/bundle.ts does it.
    alias: { yaml: join(import.meta.dirname, '../node_modules/yaml/browser/dist/index.js') },
    banner: BANNER,
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
  const docker = (buildkit: '0' | '1') => (): void => {
    const name = `${registry.host}/bench/peer-${buildkit}:1`
    const options = { cwd: root, env: { ...env, DOCKER_BUILDKIT: buildkit }, stdio: 'ignore' } as const
    execFileSync('/usr/bin/docker', ['build', '--network=host', `--tag=${name}`, join(root, 'app')], options)
    execFileSync('/usr/bin/docker', ['push', name], options)
  }
  const classic = docker('0')
  const buildkit = docker('1')
  const hash = (way: 'one' | 'workflow'): void =>
    void execFileSync(
      process.execPath,
      [join(import.meta.dirname, 'build/hash.ts'), way, join(root, 'app')],
      {
        env,
      },
    )
  const shell = (): void =>
    void execFileSync('sh', ['-c', 'find app -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum'], {
      cwd: root,
    })
  const noGit = { ...env, PATH: dirname(process.execPath) }
  const state = join(root, '.sluice/production/cache')
  sluice(env)
  classic()
  buildkit()
  const times: Record<Way, Taken[]> = {
    known: [],
    fresh: [],
    read: [],
    one: [],
    workflow: [],
    shell: [],
    classic: [],
    buildkit: [],
  }
  for (let run = 0; run < RUNS; run++) {
    const known = (): void => {
      const said = sluice(env)
      if (!said.includes('nothing to do')) throw new Error(said)
    }
    times.known.push(timed(known))
    rmSync(state, { recursive: true })
    times.fresh.push(timed(() => sluice(env)))
    rmSync(state, { recursive: true })
    times.read.push(timed(() => sluice(noGit)))
    times.one.push(timed(() => hash('one')))
    times.workflow.push(timed(() => hash('workflow')))
    times.shell.push(timed(shell))
    times.buildkit.push(timed(buildkit))
    times.classic.push(timed(classic))
  }
  const of = (way: Way, which: keyof Taken = 'wall'): number =>
    Math.round(least(times[way].map((taken) => taken[which])))
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
      value('known, faster than `hashFiles` of a workflow', ratio('known', 'workflow'), 'times'),
      value('known, faster than `sha256sum` of a shell', ratio('known', 'shell'), 'times'),
      value('known, faster than one SHA-256 over everything in one loop', ratio('known', 'one'), 'times'),
      value('known, faster than the classic docker build and push', ratio('known', 'classic'), 'times'),
      value('known, faster than docker build with BuildKit and push', ratio('known', 'buildkit'), 'times'),
      value('fresh clone, faster than `hashFiles` of a workflow', ratio('fresh', 'workflow'), 'times'),
      value('fresh clone, faster than the classic docker build and push', ratio('fresh', 'classic'), 'times'),
      value('load average while measuring (2 processors)', Math.round((loadavg()[0] ?? 0) * 10) / 10, ''),
    ],
    against: [
      value('`hashFiles` of a workflow (@actions/glob) over everything', of('workflow'), 'ms'),
      value('`find | sort | xargs sha256sum` over everything', of('shell'), 'ms'),
      value('one SHA-256 over everything in one loop of Node', of('one'), 'ms'),
      value('of the processors, for that', of('one', 'cpu'), 'ms'),
      value('docker build (20.10, classic builder, all cached) and docker push', of('classic'), 'ms'),
      value('docker build (20.10, BuildKit, all cached) and docker push', of('buildkit'), 'ms'),
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
