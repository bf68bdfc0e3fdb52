import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { workflowFiles } from '../../scripts/workflows.ts'
import { describeReal } from '../real.ts'
import { type Caller, type Ended, filledIn, openCaller, type Run } from './act.ts'
import { builtDist } from './dist.ts'

const root = join(import.meta.dirname, '../..')
const FOLDER = 'examples/filmlens'

/** The callers of filmlens as they are copied, for an environment that needs no account and no protected branch. */
function callers(): Record<string, string> {
  const files = workflowFiles(root, 'workflows-templates/filmlens').map(({ path, text }) => {
    const local = filledIn(text)
      .replaceAll('environment: production', 'environment: local')
      .replaceAll(/^ {6}aws-.*\n/gm, '')
      .replace(/(workflows\/deploy\.yml@\S+\n {4}with:\n)/, '$1      protected-only: false\n')
    return [`.github/workflows/${path.split('/').at(-1)}`, local]
  })
  return Object.fromEntries(files) as Record<string, string>
}

describeReal('filmlens, by the callers that are copied', ['act', 'git'], () => {
  let dist: string
  let caller: Caller
  beforeAll(async () => {
    dist = await builtDist()
    caller = openCaller({ dist, files: callers(), folders: { [FOLDER]: join(root, FOLDER) } })
    const file = `${FOLDER}/sluice.yml`
    // Another copy of it may run on this machine.
    caller.write(
      file,
      readFileSync(join(caller.folder, file), 'utf8').replaceAll(/^\s+local: \{ port: \d+ \}\n/gm, ''),
    )
  })
  afterAll(() => {
    down('destroy')
    caller[Symbol.dispose]()
  })

  /** act gives each job another path for the same folder: what runs is started anew by the next one, as after a reboot. */
  const down = (how: 'down' | 'destroy'): void => {
    const words = how === 'down' ? ['down'] : ['operate', 'destroy', '--confirm', 'local']
    const file = join(caller.folder, FOLDER, 'sluice.yml')
    const argv = [join(dist, 'cli.js'), ...words, '--env', 'local', '--file', file]
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: caller.folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  const call = async (run: Omit<Run, 'inPlace'>): Promise<Ended> => {
    const ended = await caller.run({ ...run, inPlace: true })
    down('down')
    return ended
  }
  const deploy = (): Promise<Ended> => call({ workflow: 'filmlens-deploy.yml', event: 'push' })
  const operate = (operation: string, inputs: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    call({ workflow: 'filmlens-operate.yml', event: 'workflow_dispatch', inputs: { operation, ...inputs } })
  const result = (): Record<string, unknown> =>
    JSON.parse(readFileSync(join(caller.folder, FOLDER, '.sluice/local/result.json'), 'utf8')) as Record<
      string,
      unknown
    >

  test('a push deploys it: planned, built, trained, judged, rolled out', async () => {
    const { code, jobs, log } = await deploy()
    expect(code, log).toBe(0)
    expect(jobs).toEqual({
      'production/deploy/plan local': 'success',
      'production/deploy/deploy local': 'success',
    })
    expect(log).toContain('set-output:: verdict=promote')
    expect(result()).toMatchObject({ outcome: 'done', code: 0 })
  }, 300_000)

  test('R28 the next push, which changes nothing, changes nothing', async () => {
    const { code, log } = await deploy()
    expect(code, log).toBe(0)
    expect(log).toContain('nothing to do: all 4 images are known')
    expect(log).toContain('no change: release 1 is live and serves this already')
  }, 300_000)

  test('the month’s training changes nothing where no data has come', async () => {
    const { code, log } = await call({ workflow: 'filmlens-train.yml', event: 'schedule' })
    expect(code, log).toBe(0)
    expect(log).toContain('no change: release 1 is live')
  }, 300_000)

  test('R39 a model that is worse stays out, and the workflow is red', async () => {
    const inputs = { parameters: 'share=0.02' }
    const { code, log } = await call({ workflow: 'filmlens-train.yml', event: 'workflow_dispatch', inputs })
    expect(code).not.toBe(0)
    expect(log).toMatch(/set-output:: verdict=(reject|inconclusive)/)
    expect(log).toContain('set-output:: code=3')
  }, 300_000)

  test('daily work is a choice in a form', async () => {
    const status = await operate('status')
    expect(status.code, status.log).toBe(0)
    expect(status.log).toMatch(/set-output:: table=\|[\s\S]*\| query-api \| running/)
    const history = await operate('history')
    expect(history.code, history.log).toBe(0)
    const wrong = await operate('restart', { service: 'quary-api' })
    expect(wrong.code).not.toBe(0)
    expect(wrong.log).toContain('query-api')
    const unsaid = await operate('destroy', { confirm: 'production' })
    expect(unsaid.code).not.toBe(0)
    expect(unsaid.log).toContain('add --confirm local')
  }, 300_000)
})
