/**
 * What a deployment of the example filmlens takes that changes nothing: the reusable workflow deploy, called as another repository calls it,
 * by act on this machine, without network. Both jobs are in it: checkout, plan, build, release. act's own time is measured by a
 * workflow that calls no action of ours.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { bundle } from '../scripts/bundle.ts'
import { toolBin } from '../test/tools-folder.ts'
import { filledIn, openCaller } from '../test/workflows/act.ts'

const ROUNDS = Number(process.argv[2] ?? 3)
const FOLDER = 'examples/filmlens'
const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const dist = join(scratch, 'dist')

const NOTHING = `on: push
permissions: {}
jobs:
  one: { runs-on: ubuntu-24.04, steps: [{ run: "true" }] }
  two: { needs: one, runs-on: ubuntu-24.04, steps: [{ run: "true" }] }
`
const path = [toolBin, process.env['PATH']].join(delimiter)
const deploy = filledIn(readFileSync(join(root, 'workflows-templates/filmlens/filmlens-deploy.yml'), 'utf8'))
  .replaceAll('environment: production', 'environment: local')
  .replaceAll(/^ {6}aws-.*\n/gm, '')
  .replace(/(workflows\/deploy\.yml@\S+\n {4}with:\n)/, '$1      protected-only: false\n')

async function measure(): Promise<void> {
  await bundle(root, dist)
  using caller = openCaller({
    dist,
    files: { '.github/workflows/deploy.yml': deploy, '.github/workflows/nothing.yml': NOTHING },
    folders: { [FOLDER]: join(root, FOLDER) },
  })
  const file = join(caller.folder, FOLDER, 'sluice.yml')
  const text = readFileSync(file, 'utf8').replaceAll(/^\s+local: \{ port: \d+ \}\n/gm, '')
  caller.write(`${FOLDER}/sluice.yml`, text)
  /** Processes of cloud local keep the path of the job that started them, and act gives each job another one. */
  const end = (...words: string[]): void => {
    const argv = [join(dist, 'cli.js'), ...words, '--env', 'local', '--file', file]
    spawnSync(process.execPath, argv, { cwd: caller.folder, stdio: 'ignore' })
  }
  const seconds = async (workflow: string): Promise<number> => {
    const start = performance.now()
    const { code, log } = await caller.run({ workflow, event: 'push', inPlace: true, path })
    const taken = (performance.now() - start) / 1000
    if (code !== 0) throw new Error(log)
    if (workflow !== 'nothing.yml') end('down')
    return taken
  }
  try {
    await seconds('deploy.yml')
    const unchanged: number[] = []
    const bare: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      unchanged.push(await seconds('deploy.yml'))
      bare.push(await seconds('nothing.yml'))
    }
    const tenth = (values: readonly number[]): number => Math.round(Math.min(...values) * 10) / 10
    const result = {
      name: 'workflow',
      command: 'node bench/workflow.ts',
      measured: [
        { label: 'deploy.yml of filmlens under act, nothing to do', value: tenth(unchanged), unit: 's' },
        { label: 'of it act itself: two jobs that run "true"', value: tenth(bare), unit: 's' },
        {
          label: 'load average while measuring (2 processors)',
          value: Math.round((loadavg()[0] ?? 0) * 10) / 10,
          unit: '',
        },
      ],
      against: 'at most 15 s; the best round counts',
    }
    for (const { label, value, unit } of result.measured) console.log(`${label}: ${value} ${unit}`)
    mkdirSync(join(root, 'bench/results'), { recursive: true })
    writeFileSync(join(root, 'bench/results/workflow.json'), `${JSON.stringify(result, null, 2)}\n`)
  } finally {
    end('operate', 'destroy', '--confirm', 'local')
  }
}

try {
  await measure()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
