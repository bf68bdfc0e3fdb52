/**
 * What it costs to find that nothing is to be done, as whole processes from the bundle: `sluice train` with ten steps that
 * ran before, `sluice build` of the example filmlens. With it, what a local step costs beside its own command.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../scripts/bundle.ts'

const ROUNDS = Number(process.argv[2] ?? 15)
const STEPS = 10
const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const dist = join(scratch, 'dist')
const pipeline = join(scratch, 'pipeline')
const filmlens = join(scratch, 'filmlens')
const cli = join(dist, 'cli.js')

function milliseconds(cwd: string, argv: readonly string[]): number {
  const start = process.hrtime.bigint()
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`)
  return Number(process.hrtime.bigint() - start) / 1e6
}

function median(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN)
}

function writePipeline(): void {
  const steps = Array.from({ length: STEPS }, (_, index) => {
    const needs = index === 0 ? '' : `, needs: [s${index - 1}]`
    return `      s${index}: { image: step${needs}, command: [node, step.js] }`
  })
  mkdirSync(join(pipeline, 'app'), { recursive: true })
  writeFileSync(join(pipeline, 'app/Dockerfile'), 'FROM scratch\nWORKDIR /srv\nCOPY . .\n')
  writeFileSync(join(pipeline, 'app/step.js'), '0\n')
  const head = 'system: bench\nenvironments:\n  local: { cloud: local }\nimages:\n  step: { context: app }\n'
  writeFileSync(join(pipeline, 'sluice.yml'), `${head}pipelines:\n  ten:\n    steps:\n${steps.join('\n')}\n`)
}

try {
  await bundle(root, dist)
  writePipeline()
  cpSync(join(root, 'examples/filmlens'), filmlens, {
    recursive: true,
    filter: (path) => !/[/\\](\.sluice|node_modules)$/.test(path),
  })
  const train = [cli, 'train', '--env', 'local']
  const build = [cli, 'build', '--env', 'local']
  milliseconds(pipeline, build)
  milliseconds(filmlens, build)
  milliseconds(pipeline, train)
  const [bare, step, nothing, every, built]: number[][] = [[], [], [], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    bare?.push(milliseconds(scratch, ['-e', '0']))
    step?.push(milliseconds(pipeline, ['app/step.js']))
    nothing?.push(milliseconds(pipeline, train))
    built?.push(milliseconds(filmlens, build))
    if (round % 3 === 0) every?.push(milliseconds(pipeline, [...train, '--force']))
  }
  const of = (values: readonly number[] | undefined): number => median(values ?? [])
  const overhead = Math.round((of(every) - of(nothing)) / STEPS - of(step))
  const result = {
    name: 'unchanged',
    command: 'node bench/unchanged.ts',
    measured: [
      { label: `sluice train, ${STEPS} steps, nothing to do`, value: of(nothing), unit: 'ms' },
      { label: 'sluice build of filmlens, nothing to do', value: of(built), unit: 'ms' },
      { label: 'a local step, beside its own command', value: overhead, unit: 'ms' },
      { label: 'node -e 0, in the same rounds', value: of(bare), unit: 'ms' },
    ],
    against: 'train at most 300 ms, a step at most 60 ms',
  }
  for (const { label, value, unit } of result.measured) console.log(`${label}: ${value} ${unit}`)
  writeFileSync(join(root, 'bench/results/unchanged.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  for (const cwd of [pipeline, filmlens]) {
    spawnSync(process.execPath, [cli, 'down', '--env', 'local'], { cwd, stdio: 'ignore' })
  }
  rmSync(scratch, { recursive: true, force: true })
}
