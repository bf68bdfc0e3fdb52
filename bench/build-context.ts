/**
 * What it costs to know that an image is built already: the key of a context of 5,000 files and 500 MB, against reading
 * and hashing all of it. Three ways to the same key, taken in turn: from the cache of the last build, from the git index
 * as on a fresh runner, and by reading everything.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuiltImage } from '../src/domain/system/system.ts'
import { nodeRuntime } from '../src/runtime/node/index.ts'
import { identifyBuild } from '../src/tools/context/identify.ts'

const FILES = 5000
const BYTES = 500_000_000
const RUNS = 9

const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
const origin = join(folder, 'origin')
const root = join(folder, 'clone')
const state = join(folder, 'state')

function git(cwd: string, ...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], {
    cwd,
    stdio: 'ignore',
  })
}

function writeContext(): void {
  const size = Math.floor(BYTES / FILES)
  for (let n = 0; n < FILES; n++) {
    const place = join(origin, 'app', `d${n % 50}`)
    mkdirSync(place, { recursive: true })
    // A counter makes every file another one; the rest need not be random to be hashed.
    const bytes = Buffer.alloc(size, n & 255)
    bytes.writeUInt32BE(n)
    writeFileSync(join(place, `f${n}.bin`), bytes)
  }
  writeFileSync(join(origin, 'app/Dockerfile'), 'FROM node:24\nCOPY . /app\n')
}

const image: BuiltImage = {
  name: 'api',
  kind: 'build',
  context: 'app',
  dockerfile: 'Dockerfile',
  args: {},
  secrets: {},
  ssh: false,
  platforms: ['linux/amd64'],
}

const real = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const withoutGit = { ...real, exec: { ...real.exec, find: async () => undefined } }

async function timed<T>(work: () => Promise<T> | T): Promise<[number, T]> {
  const start = performance.now()
  const result = await work()
  return [performance.now() - start, result]
}

/** The plain way: one SHA-256 over everything. */
function hashAll(): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(join(root, 'app'), { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(root, 'app', name)
    if (statSync(path).isFile()) hash.update(name).update(readFileSync(path))
  }
  return hash.digest('hex')
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

try {
  await mkdir(origin, { recursive: true })
  writeContext()
  git(origin, 'init', '-q')
  git(origin, 'add', '.')
  git(origin, 'commit', '-qm', 'context')
  // What a runner has: one pack, and files as young as the checkout.
  git(folder, 'clone', '-q', `file://${origin}`, root)
  rmSync(origin, { recursive: true })

  const times = { cached: [] as number[], git: [] as number[], read: [] as number[], plain: [] as number[] }
  const keys = new Set<string>()
  const identify = async (kind: 'cached' | 'git' | 'read', runtime: typeof real): Promise<void> => {
    if (kind !== 'cached') rmSync(join(state, 'cache'), { recursive: true, force: true })
    const [ms, { fingerprint }] = await timed(() =>
      identifyBuild(image, { runtime, root, state, builder: 'engine', bases: {} }),
    )
    times[kind].push(ms)
    keys.add(fingerprint)
  }
  for (let run = 0; run < RUNS; run++) {
    await identify('read', withoutGit)
    await identify('git', real)
    await identify('cached', real)
    times.plain.push((await timed(hashAll))[0])
  }
  if (keys.size !== 1) throw new Error(`the ways gave ${keys.size} keys`)

  const of = (kind: keyof typeof times): number => Math.round(median(times[kind]) * 10) / 10
  const value = (label: string, number: number, unit: string) => ({ label, value: number, unit })
  const ratio = (kind: 'cached' | 'git', against: 'plain' | 'read'): number =>
    Math.round((of(against) / of(kind)) * 10) / 10
  const result = {
    name: 'build-context',
    command: 'node bench/build-context.ts',
    measured: [
      value('5,000 files, 500 MB: key from the last build', of('cached'), 'ms'),
      value('key from the git index, as on a fresh runner', of('git'), 'ms'),
      value('key by reading everything', of('read'), 'ms'),
      value('last build, faster than one SHA-256 over everything', ratio('cached', 'plain'), 'times'),
      value('git index, faster than one SHA-256 over everything', ratio('git', 'plain'), 'times'),
    ],
    against: [value('one SHA-256 over everything', of('plain'), 'ms')],
  }
  await mkdir(join(import.meta.dirname, 'results'), { recursive: true })
  await writeFile(
    join(import.meta.dirname, 'results/build-context.json'),
    `${JSON.stringify(result, undefined, 2)}\n`,
  )
  for (const { label, value: number, unit } of [...result.measured, ...result.against]) {
    console.log(`${label}: ${number} ${unit}`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
