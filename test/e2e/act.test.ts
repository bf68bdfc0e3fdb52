import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle.ts'
import { describeReal } from '../real.ts'

const root = join(import.meta.dirname, '../..')
const fixtures = join(import.meta.dirname, 'fixtures')

describeReal('a workflow under act, in host mode', ['act', 'git'], () => {
  let repository: string

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), 'sluice-act-'))
    cpSync(join(root, 'action.yml'), join(repository, 'action.yml'))
    cpSync(join(root, 'actions'), join(repository, 'actions'), { recursive: true })
    cpSync(join(fixtures, 'tiny'), join(repository, 'system'), { recursive: true })
    mkdirSync(join(repository, '.github/workflows'), { recursive: true })
    cpSync(join(fixtures, 'workflow/release.yml'), join(repository, '.github/workflows/release.yml'))
    await bundle(root, join(repository, 'dist'))
    const git = (...args: string[]): void => {
      const { status, stderr } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
    }
    git('init', '--quiet', '--initial-branch=main')
    git('add', '.')
    git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '--quiet', '--message=first')
  })
  afterAll(() => rmSync(repository, { recursive: true }))

  test('R48 the root action releases a system, and later steps read its outputs', () => {
    const { stdout, stderr, status } = spawnSync(
      'act',
      [
        ...['workflow_dispatch', '-W', '.github/workflows/release.yml', '-P', 'ubuntu-latest=-self-hosted'],
        ...['--pull=false', '--no-cache-server', '--env', 'NO_COLOR=1'],
      ],
      {
        cwd: repository,
        encoding: 'utf8',
        // act runs node24 actions with the first node on PATH.
        env: {
          PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
          HOME: process.env['HOME'],
        },
        timeout: 240_000,
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
      },
      status: { outcome: 'done', table: expect.stringContaining('web') },
      bad: { outcome: 'usage', code: '2', result: '' },
    })
  }, 300_000)
})
