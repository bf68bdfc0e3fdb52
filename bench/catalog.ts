/**
 * fashion-catalog's GraphQL API over 44,000 rows: `filesByFilters` at 50 requests a second, each with other filters and 50
 * products in all fields, for a minute. The API and PostgreSQL run as processes of this machine; only the rows are drawn.
 *
 * A request is sent when its time has come, whether the ones before have been answered or not, and its time counts from then.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ROWS = 44_000
const RATE = 50
const SECONDS = Number(process.env['SECONDS'] ?? 60)
const WARM_UP_SECONDS = 3
const AIM = 'p95 of at most 15 ms on two cores with nothing else to do'

const FIELDS = `id filename s3Path masterCategory subCategory articleType baseColour season year usage gender productDisplayName
  dataset created_at`
const QUERY = `query ($masterCategory: String, $gender: String, $baseColour: String, $season: String, $year: Int, $offset: Int!) {
  filesByFilters(masterCategory: $masterCategory, gender: $gender, baseColour: $baseColour, season: $season, year: $year, offset: $offset) {
    ${FIELDS}
  }
}`
const VALUES = {
  masterCategory: ['Apparel', 'Footwear', 'Accessories'],
  gender: ['Men', 'Women'],
  baseColour: ['Red', 'Blue', 'Green', 'Yellow', 'Black', 'Purple', 'Orange', 'Grey'],
  season: ['Spring', 'Summer', 'Fall', 'Winter'],
  year: [2012, 2015, 2018, 2021, 2024],
}
/** A step of a pipeline, because steps know the database. Puts rows like those of the drawn garments into the table, by the pipeline's own code. */
const FILL = `
import numpy as np
from dataclasses import replace
from fashion import drawing, table
generator = np.random.default_rng(1)
rows = [replace(drawing.row(n, generator), s3_path=f"s3://data/images/{n}.jpg") for n in range(1, ${ROWS} + 1)]
with table.connect() as connection:
    table.create(connection)
    table.put(connection, rows)
    table.analyze(connection)
`

/** The example without what this does not measure: models, search and clouds. */
const SYSTEM = {
  system: 'catalog-bench',
  environments: { local: { cloud: 'local' } },
  images: {
    'graphql-api': {
      context: 'apps/catalog',
      dockerfile: 'graphql.Dockerfile',
      local: { install: ['npm', 'ci', '--omit=dev', '--ignore-scripts'] },
    },
    trainer: {
      context: 'apps/pipeline',
      dockerfile: 'trainer.Dockerfile',
      local: { install: ['python3', 'install.py'] },
    },
  },
  services: {
    'graphql-api': {
      image: 'graphql-api',
      port: 8801,
      health: '/health',
      connects: ['db'],
      env: { SEARCH_URL: 'http://127.0.0.1:9' },
    },
  },
  rollout: { bake: '1s' },
  databases: { db: { engine: 'postgres', version: '16', storage: '10GiB', names: ['fashion'] } },
  pipelines: {
    fill: { steps: { fill: { image: 'trainer', command: ['python', '-c', FILL], connects: ['db'] } } },
  },
}

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-catalog-'))
const file = join(folder, 'sluice.yml')
const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
const env = { ...process.env, PATH: path, NO_COLOR: '1', PYTHONDONTWRITEBYTECODE: '1' }

try {
  cpSync(join(root, 'examples/fashion-catalog/apps'), join(folder, 'apps'), {
    recursive: true,
    filter: (from) => !/[/\\](__pycache__|node_modules)$/.test(from),
  })
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(SYSTEM))
  sluice('build')
  sluice('up', '--detach')
  sluice('train', '--pipeline', 'fill')
  sluice('rollout')
  const up = JSON.parse(sluice('up', '--detach')) as { services: { url: string }[] }
  const url = up.services[0]?.url ?? ''
  await ask(url, WARM_UP_SECONDS)
  const busy = loadavg()[0] ?? Number.NaN
  report(await ask(url, SECONDS), busy)
} finally {
  sluice('down')
  sluice('operate', 'destroy', '--confirm', 'local')
  rmSync(folder, { recursive: true, force: true })
}

function sluice(...words: string[]): string {
  const command = [join(root, 'src/cli/main.ts'), ...words, '--env', 'local', '--json', '--file', file]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`sluice ${words.join(' ')} ended with ${status}:\n${stderr}`)
  return stdout
}

/** Milliseconds of each request, in order. */
async function ask(url: string, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const start = performance.now()
  const waiting: Promise<number>[] = []
  for (let at = 0; at < seconds * RATE; at++) {
    const due = start + (at * 1000) / RATE
    await sleep(Math.max(0, due - performance.now()))
    waiting.push(one(url, agent, at, due))
  }
  const times = await Promise.all(waiting)
  agent.destroy()
  return times
}

function one(url: string, agent: Agent, at: number, due: number): Promise<number> {
  const body = JSON.stringify({ query: QUERY, variables: variables(at) })
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}/graphql`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
        })
        answer.once('end', () => {
          const took = performance.now() - due
          const { data } = JSON.parse(text) as { data?: { filesByFilters: unknown[] } }
          if (data === undefined) reject(new Error(text.slice(0, 300)))
          else resolve(took)
        })
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

/** Any of the 32 sets of filters in turn, with their values in turn, and each fifth request a later page. */
function variables(at: number): object {
  const chosen = Object.entries(VALUES).flatMap(([name, values], bit) =>
    (at >> bit) & 1 ? [[name, values[(at * 7 + bit) % values.length]]] : [],
  )
  return { ...Object.fromEntries(chosen), offset: at % 5 === 0 ? 500 : 0 }
}

function report(times: readonly number[], busy: number): void {
  const sorted = times.toSorted((a, b) => a - b)
  const percentile = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN) * 10) /
    10
  const measured = [
    { label: 'rows', value: ROWS, unit: 'rows' },
    { label: 'requests, all answered', value: sorted.length, unit: 'requests' },
    { label: 'rate', value: RATE, unit: 'requests/s' },
    { label: 'filesByFilters, median', value: percentile(0.5), unit: 'ms' },
    { label: 'filesByFilters, p95', value: percentile(0.95), unit: 'ms' },
    { label: 'filesByFilters, p99', value: percentile(0.99), unit: 'ms' },
    { label: 'load average of the machine before', value: Math.round(busy * 10) / 10, unit: 'processes' },
  ]
  const result = { name: 'catalog', command: 'node bench/catalog.ts', measured, against: AIM }
  for (const { label, value, unit } of measured) console.log(`${label.padEnd(40)} ${value} ${unit}`)
  writeFileSync(join(root, 'bench/results/catalog.json'), `${JSON.stringify(result, null, 2)}\n`)
}
