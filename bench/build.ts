/**
 * What `sluice build` takes, as a whole process, when the registry has the image of a context of 5,000 files and 500 MB:
 * against hashing all of it, and against a fully cached `docker build` and push of the same context. Needs dockerd,
 * docker-registry and busybox-static.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
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

function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
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
    entryPoints: { decide: join(import.meta.dirname, 'build/decide.ts') },
    outdir: entry,
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    splitting: true,
    outExtension: { '.js': '.mjs' },
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    logLevel: 'error',
  })
  const env = {
    ...engine.env,
    HOME: folder,
    BENCH_REGISTRY: registry.host,
    SLUICE_BUILD_NETWORK: 'host',
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  }
  const sluice = (): string =>
    execFileSync(process.execPath, [join(entry, 'decide.mjs')], { cwd: root, env, encoding: 'utf8' })
  const peer = (): void => {
    const name = `${registry.host}/bench/peer:1`
    const options = { cwd: root, env: { ...env, DOCKER_BUILDKIT: '1' }, stdio: 'ignore' } as const
    execFileSync('/usr/bin/docker', ['build', '--network=host', `--tag=${name}`, join(root, 'app')], options)
    execFileSync('/usr/bin/docker', ['push', name], options)
  }
  sluice()
  peer()
  const times = { known: [] as number[], fresh: [] as number[], plain: [] as number[], peer: [] as number[] }
  for (let run = 0; run < RUNS; run++) {
    times.known.push(
      timed(() => {
        const said = sluice()
        if (!said.includes('nothing to do')) throw new Error(said)
      }),
    )
    rmSync(join(root, '.sluice/production/cache'), { recursive: true })
    times.fresh.push(timed(sluice))
    times.plain.push(timed(hashAll))
    times.peer.push(timed(peer))
  }
  const of = (kind: keyof typeof times): number => Math.round(median(times[kind]))
  const ratio = (kind: 'known' | 'fresh', against: 'plain' | 'peer'): number =>
    Math.round((of(against) / of(kind)) * 10) / 10
  const value = (label: string, number: number, unit: string) => ({ label, value: number, unit })
  const result = {
    name: 'build',
    command: 'node bench/build.ts',
    measured: [
      value('5,000 files, 500 MB, image known: the whole process, one HEAD included', of('known'), 'ms'),
      value('the same on a fresh clone, by the git index', of('fresh'), 'ms'),
      value('faster than one SHA-256 over everything', ratio('known', 'plain'), 'times'),
      value('faster than a fully cached docker build and push', ratio('known', 'peer'), 'times'),
      value('fresh clone, faster than one SHA-256 over everything', ratio('fresh', 'plain'), 'times'),
      value('fresh clone, faster than a fully cached docker build and push', ratio('fresh', 'peer'), 'times'),
      value('load average while measuring', Math.round((loadavg()[0] ?? 0) * 10) / 10, ''),
    ],
    against: [
      value('one SHA-256 over everything', of('plain'), 'ms'),
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
