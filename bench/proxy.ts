/**
 * The reverse proxy of cloud `local` under load while releases are replaced: 50,000 requests (half POSTs) at 2,000 a
 * second from an open-loop client in a process of its own, two releases replaced in four weight changes, through the
 * supervisor's own code. Latency is compared with a direct connection to the same service, before and after, in one run.
 *
 * node bench/proxy.ts [requests]
 */
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { digestOf, type ImageReference, imageReference, parseImageReference } from '../src/domain/digest.ts'
import type { Service } from '../src/domain/system/system.ts'
import { freePort } from '../src/providers/local/services/free-port.ts'
import { LocalServices } from '../src/providers/local/services/host.ts'
import { nodeRuntime } from '../src/runtime/node/index.ts'

const RATE = 2000
const requests = Number(process.argv[2] ?? 50_000)
const beside = (name: string): string => join(import.meta.dirname, 'proxy', name)
const run = promisify(execFile)

interface Measured {
  readonly lost: number
  readonly median: number
  readonly p99: number
  readonly max: number
  readonly failures: Readonly<Record<string, number>>
  readonly versions: Readonly<Record<string, number>>
}

async function load(port: number, count: number): Promise<Measured> {
  const { stdout } = await run(process.execPath, [
    beside('client.ts'),
    String(port),
    String(count),
    String(RATE),
  ])
  return JSON.parse(stdout) as Measured
}

const service: Service = {
  name: 'api',
  image: 'api',
  port: 8000,
  health: '/health',
  env: {},
  secrets: {},
  size: { cpu: 1, memory: 2 ** 29 },
  scale: { min: 1, max: 1 },
  public: true,
  connects: [],
  sidecars: {},
  stopTimeout: 5000,
}
const imageOf = (version: string): ImageReference => imageReference(version, digestOf(version))

const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, folder)
const cloud = await LocalServices.open({
  runtime,
  folder,
  services: [service],
  endpoints: () => [],
  containers: {
    prepare: async (reference) => ({
      argv: [process.execPath, beside('service.mjs')],
      cwd: folder,
      env: { VERSION: parseImageReference(reference)?.repository ?? '' },
    }),
  },
})

async function stage(version: string): Promise<string> {
  const id = await cloud.stage({ service, image: imageOf(version), models: [], release: digestOf(version) })
  const healthy = async (): Promise<boolean> =>
    (await cloud.describe('api')).revisions.some((revision) => revision.id === id && revision.healthy)
  while (!(await healthy())) await wait(50)
  return id
}

/** One release after another, evenly over the time of the load: stage, half, all, settle. */
async function replace(version: string, pause: number): Promise<void> {
  const id = await stage(version)
  await wait(pause)
  await cloud.shift('api', id, 50)
  await wait(pause)
  await cloud.shift('api', id, 100)
  await cloud.settle('api', id)
  await wait(pause)
}

const directPort = await freePort()
const direct = spawn(process.execPath, [beside('service.mjs')], {
  env: { ...process.env, PORT: String(directPort), VERSION: 'direct' },
  stdio: 'ignore',
})
try {
  const first = await stage('r1')
  await cloud.shift('api', first, 100)
  await cloud.settle('api', first)
  const port = Number(new URL((await cloud.describe('api')).url ?? '').port)
  // Both paths are warm before anything is measured.
  await load(directPort, 4000)
  await load(port, 4000)

  const before = await load(directPort, 10_000)
  const pause = (requests / RATE) * (1000 / 8)
  const [through] = await Promise.all([
    load(port, requests),
    wait(pause)
      .then(() => replace('r2', pause))
      .then(() => replace('r3', pause)),
  ])
  const after = await load(directPort, 10_000)

  const directMedian = (before.median + after.median) / 2
  const directP99 = (before.p99 + after.p99) / 2
  const measured = [
    { label: `requests lost of ${requests}`, value: through.lost, unit: 'requests' },
    { label: 'median added by the proxy', value: round(through.median - directMedian), unit: 'ms' },
    { label: '99th percentile added by the proxy', value: round(through.p99 - directP99), unit: 'ms' },
    { label: 'median through the proxy', value: round(through.median), unit: 'ms' },
    { label: '99th percentile through the proxy', value: round(through.p99), unit: 'ms' },
    { label: 'slowest through the proxy', value: round(through.max), unit: 'ms' },
  ]
  const against = [
    { label: 'direct connection, median', value: round(directMedian), unit: 'ms' },
    { label: 'direct connection, 99th percentile', value: round(directP99), unit: 'ms' },
  ]
  const result = { name: 'proxy', command: 'node bench/proxy.ts', measured, against }
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
  writeFileSync(join(import.meta.dirname, 'results/proxy.json'), `${JSON.stringify(result, null, 2)}\n`)
  for (const { label, value, unit } of [...measured, ...against])
    console.log(`${label.padEnd(40)} ${value} ${unit}`)
  console.log('answered by', through.versions, 'failures', through.failures)
  if (through.lost > 0) process.exitCode = 1
} finally {
  direct.kill()
  await cloud.close()
  await rm(folder, { recursive: true, force: true })
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
