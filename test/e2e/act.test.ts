import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle.ts'
import { describeReal } from '../real.ts'

const root = join(import.meta.dirname, '../..')
const fixtures = join(import.meta.dirname, 'fixtures')

/** A copy of an example on ports that are free, since another copy of it may run on this machine. */
function copySystem(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !/\/(node_modules|\.sluice)(\/|$)/.test(path) })
  const file = join(to, 'sluice.yml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\s+local: \{ port: \d+ \}\n/gm, ''))
}

const SYSTEMS = [
  { system: 'the least system', folder: join(fixtures, 'tiny'), service: 'web', verdict: '' },
  { system: 'filmlens', folder: join(root, 'examples/filmlens'), service: 'query-api', verdict: 'promote' },
]

describeReal('a workflow under act, in host mode', ['act', 'git'], () => {
  let scratch: string
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'sluice-act-'))
    await bundle(root, join(scratch, 'dist'))
  })
  afterAll(() => rmSync(scratch, { recursive: true }))

  /** A repository with the actions at its root, a system below it, and the workflow. */
  function repositoryOf(folder: string): string {
    const repository = mkdtempSync(join(scratch, 'repository-'))
    cpSync(join(root, 'action.yml'), join(repository, 'action.yml'))
    cpSync(join(root, 'actions'), join(repository, 'actions'), { recursive: true })
    cpSync(join(scratch, 'dist'), join(repository, 'dist'), { recursive: true })
    copySystem(folder, join(repository, 'system'))
    mkdirSync(join(repository, '.github/workflows'), { recursive: true })
    cpSync(join(fixtures, 'workflow/release.yml'), join(repository, '.github/workflows/release.yml'))
    const git = (...args: string[]): void => {
      const { status, stderr } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
    }
    git('init', '--quiet', '--initial-branch=main')
    git('add', '.')
    git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '--quiet', '--message=first')
    return repository
  }

  test.each(SYSTEMS)(
    'R48 the root action releases $system, and later steps read its outputs',
    ({ folder, service, verdict }) => {
      const { stdout, stderr, status } = spawnSync(
        'act',
        [
          ...['workflow_dispatch', '-W', '.github/workflows/release.yml', '-P', 'ubuntu-latest=-self-hosted'],
          ...['--pull=false', '--no-cache-server', '--env', 'NO_COLOR=1'],
        ],
        {
          cwd: repositoryOf(folder),
          encoding: 'utf8',
          // act runs node24 actions with the first node on PATH.
          env: { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
          timeout: 280_000,
        },
      )
      const log = stdout + stderr
      expect(status, log).toBe(0)
      const results = JSON.parse(/RESULTS (\{.*\})/.exec(stdout)?.[1] ?? 'null')
      expect(results, log).toMatchObject({
        release: {
          outcome: 'done',
          code: '0',
          release: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
          previous: '',
          verdict,
        },
        status: { outcome: 'done', table: expect.stringContaining(service) },
        bad: { outcome: 'usage', code: '2', result: '' },
      })
    },
    300_000,
  )
})
