/**
 * Writes examples/README.md: the five systems side by side. Usage: node scripts/examples.ts [--measure [SYSTEM...]]
 *
 * With `--measure` the demo of each is run first, one after the other, and its stacks are compiled; what was measured stays in
 * examples/measured.json.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { synthesizer } from '../cdktf/index.ts'
import { loadDocument } from '../src/config/load.ts'
import { RESOURCE_KINDS, type System } from '../src/domain/system/system.ts'
import { nodeFiles } from '../src/runtime/node/files.ts'
import { BAD_INPUT } from './examples/bad-input.ts'
import { markdownTable } from './markdown.ts'
import { SHOTS } from './pictures/shots.ts'

export interface Measured {
  /** Of `npm run demo -- SYSTEM -- --once`, from nothing to everything stopped. */
  readonly seconds: number
  readonly processors: number
  /** Processes that wanted to run when the demo began, over the last minute. */
  readonly load: number
  readonly stacks: number
  /** Resources in the stacks of production. */
  readonly resources: number
}

interface Example {
  readonly what: string
  readonly language: string
  /** What its demo shows. */
  readonly demo: string
  /** The test that drives it as its users would. */
  readonly test: string
}

export const EXAMPLES: Readonly<Record<string, Example>> = {
  'actor-detection': {
    what: 'finds actors in uploaded videos',
    language: 'TypeScript',
    demo: 'upload, detection, a machine taken away mid-video, a file that is no video',
    test: 'test/e2e/actor-detection.test.ts',
  },
  'chicago-crime': {
    what: 'monthly ETL and training over the city’s portal',
    language: 'Python',
    demo: 'training, a worse model refused, a better one rolled out',
    test: 'test/e2e/chicago-crime.test.ts',
  },
  'fashion-catalog': {
    what: 'a catalogue that is searched by text and image',
    language: 'TypeScript, Python',
    demo: 'loading, search over REST and GraphQL, champion and challenger',
    test: 'test/e2e/fashion-catalog.test.ts',
  },
  filmlens: {
    what: 'classifies films and flags sensitive ones',
    language: 'TypeScript',
    demo: 'training, a worse model refused, a better one rolled out',
    test: 'test/e2e/filmlens.test.ts',
  },
  'video-processing': {
    what: 'converts uploaded videos',
    language: 'TypeScript',
    demo: 'sign-up, upload, conversion, a poisoned message',
    test: 'test/e2e/video-processing.test.ts',
  },
}

const root = join(import.meta.dirname, '..')
const measuredFile = join(root, 'examples/measured.json')

/** The production environment of an example. */
async function productionOf(name: string): Promise<System> {
  const file = join(root, 'examples', name, 'sluice.yml')
  const { environments } = await loadDocument(nodeFiles, file, root)
  const found = environments.find((environment) => environment.name === 'production')
  if (found === undefined) throw new Error(`${name} has no environment production`)
  return found.system
}

/** `3 functions, 1 worker, 2 buckets` */
export function partsOf(system: Pick<System, (typeof RESOURCE_KINDS)[number]>): string {
  const counts = RESOURCE_KINDS.map((kind) => [kind, Object.keys(system[kind]).length] as const)
  return counts
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${count === 1 ? kind.replace(/s$/, '') : kind}`)
    .join(', ')
}

export function readMeasured(): Readonly<Record<string, Measured>> {
  return existsSync(measuredFile)
    ? (JSON.parse(readFileSync(measuredFile, 'utf8')) as Record<string, Measured>)
    : {}
}

/** examples/README.md, from what each sluice.yml says and what was measured. */
export async function examplesPage(measured: Readonly<Record<string, Measured>>): Promise<string> {
  const rows: string[][] = []
  const shown: string[][] = []
  for (const [name, { what, language, demo, test }] of Object.entries(EXAMPLES)) {
    const system = await productionOf(name)
    const { cloud } = system.environment
    rows.push([`[${name}](${name}/README.md)`, what, cloud, language, partsOf(system)])
    const numbers = measured[name]
    const driven = existsSync(join(root, test)) ? `[${test.split('/').at(-1)}](../${test})` : '-'
    shown.push([
      name,
      demo,
      numbers === undefined ? '-' : `${numbers.seconds} s`,
      numbers === undefined ? '-' : `${numbers.stacks} stacks, ${numbers.resources} resources`,
      driven,
    ])
  }
  const loads = Object.values(measured).map(({ load }) => load)
  const [least, most] = [Math.min(...loads), Math.max(...loads)]
  const machine = Object.values(measured)[0]?.processors
  const under =
    machine === undefined
      ? 'Nothing was measured yet.'
      : `Measured on ${machine} processors with a load of ${least === most ? least : `${least} to ${most}`} from other work; a dash was not measured.`
  return [
    '# Five systems',
    '',
    '<!-- made by scripts/examples.ts from each sluice.yml and from examples/measured.json -->',
    '',
    'Each is a whole system, small and real: application code, a generator for its data, `sluice.yml`, tests. On a machine without any cloud it runs',
    'as it is; its infrastructure is compiled for the cloud in the table.',
    '',
    '```',
    'npm run demo -- filmlens            # or another name: the whole way on this machine',
    '```',
    '',
    markdownTable(['system', 'what it does', 'cloud', 'written in', 'in sluice.yml'], rows),
    `${under} The demo goes from nothing to everything stopped; what an engine needs was fetched before.`,
    '',
    markdownTable(['system', 'its demo shows', 'demo', 'in production', 'driven as its users would'], shown),
    '## As people see them',
    '',
    'Photographed by `node scripts/pictures.ts` while the systems serve on one machine, after their demos.',
    '',
    ...Object.values(SHOTS)
      .flat()
      .flatMap(({ name, alt }) => [`![${alt}](../docs/pictures/${name}.png)`, '']),
    '## What they refuse, and survive',
    '',
    markdownTable(
      ['what comes', 'what becomes of it', 'shown by'],
      BAD_INPUT.map(({ what, becomes, test }) => [what, becomes, `[${test.split('/').at(-1)}](../${test})`]),
    ),
  ].join('\n')
}

async function measure(name: string): Promise<Measured> {
  const [load = 0] = loadavg()
  const began = performance.now()
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/demo.ts'), name, '--once'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`the demo of ${name} ended with ${status}`)
  const seconds = Math.round((performance.now() - began) / 1000)
  const stacks = await synthesizer.synthesize({ system: await productionOf(name), images: {} })
  const resources = stacks.reduce((sum, { json }) => sum + resourcesIn(json), 0)
  return { seconds, processors: cpus().length, load: Math.round(load), stacks: stacks.length, resources }
}

/** Terraform's JSON has resources by type and name. */
export function resourcesIn(json: unknown): number {
  const { resource = {} } = json as { resource?: Record<string, Record<string, unknown>> }
  return Object.values(resource).reduce((sum, named) => sum + Object.keys(named).length, 0)
}

if (import.meta.main) {
  const [flag, ...names] = process.argv.slice(2)
  let measured = readMeasured()
  if (flag === '--measure') {
    for (const name of names.length > 0 ? names : Object.keys(EXAMPLES)) {
      measured = { ...measured, [name]: await measure(name) }
      writeFileSync(measuredFile, `${JSON.stringify(measured, null, 2)}\n`)
    }
  }
  writeFileSync(join(root, 'examples/README.md'), await examplesPage(measured))
}
