import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { workflowFiles } from '../../scripts/workflows.ts'
import { describeReal } from '../real.ts'
import { pythonProgram } from '../tools-folder.ts'
import { filledIn } from './act.ts'

const root = join(import.meta.dirname, '../..')

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sluice-lint-'))
  for (const name of ['.github', 'actions', 'action.yml'])
    cpSync(join(root, name), join(scratch, name), { recursive: true })
  symlinkSync(join(root, 'dist'), join(scratch, 'dist'))
  // The callers as a team has them: in the folder of workflows, with a commit.
  mkdirSync(join(scratch, 'callers/.github/workflows'), { recursive: true })
  for (const { path, text } of workflowFiles(root, 'workflows-templates')) {
    const name = path.slice('workflows-templates/'.length).replace('/', '-')
    writeFileSync(
      join(scratch, 'callers/.github/workflows', name),
      filledIn(text).replaceAll(/(@[0-9a-f]{40})$/gm, '$1 # v0.1.0'),
    )
  }
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describeReal('zizmor, as an auditor', ['zizmor'], () => {
  test('R1 R9 R10 finds nothing in workflows, actions and callers', () => {
    const { stdout, stderr } = spawnSync(
      pythonProgram('scanners', 'zizmor'),
      [
        '--persona=auditor',
        '--offline',
        '--no-progress',
        '--quiet',
        '--format=json',
        '.github',
        'action.yml',
        'actions',
        'callers',
      ],
      { cwd: scratch, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    )
    const findings = JSON.parse(stdout) as { ident: string; desc: string; ignored: boolean }[]
    expect(
      findings.filter(({ ignored }) => !ignored).map(({ ident, desc }) => `${ident}: ${desc}`),
      stderr,
    ).toEqual([])
  })

  test('R1 it would find an expression in code', () => {
    const folder = mkdtempSync(join(scratch, 'bad-'))
    const file = join(folder, 'bad.yml')
    const text = readFileSync(join(root, '.github/workflows/affected.yml'), 'utf8')
    writeFileSync(file, text.replace('<<<"$SYSTEMS"', '<<<"${' + '{ inputs.systems }}"'))
    const { stdout } = spawnSync(
      pythonProgram('scanners', 'zizmor'),
      ['--offline', '--quiet', '--format=json', file],
      { encoding: 'utf8' },
    )
    expect((JSON.parse(stdout) as { ident: string }[]).map(({ ident }) => ident)).toContain(
      'template-injection',
    )
  })
})

test('R9 whoever leaves a finding of zizmor alone says why beside it', () => {
  const ignored = [...workflowFiles(root), ...workflowFiles(root, 'workflows-templates')].flatMap(
    ({ text }) => text.split('\n').filter((line) => line.includes('zizmor: ignore')),
  )
  expect(ignored).toHaveLength(5)
  for (const line of ignored) expect(line).toMatch(/# zizmor: ignore\[[a-z-]+\] \w.{10,}$/)
})

describeReal('actionlint', ['actionlint', 'git'], () => {
  const lint = (folder: string): string => {
    spawnSync('git', ['init', '--quiet'], { cwd: folder })
    const { stdout, stderr, status } = spawnSync('actionlint', ['-shellcheck=', '-pyflakes=', '-no-color'], {
      cwd: folder,
      encoding: 'utf8',
    })
    return status === 0 ? '' : stdout + stderr
  }

  test('R10 finds nothing in our workflows, where sibling actions are named as it knows them', () => {
    const folder = join(scratch, '.github/workflows')
    for (const name of readdirSync(folder)) {
      const file = join(folder, name)
      // actionlint 1.7.12 does not know `$/`.
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('uses: $/', 'uses: ./'))
    }
    expect(lint(scratch)).toBe('')
  })

  test('R10 finds nothing in the callers', () => {
    expect(lint(join(scratch, 'callers'))).toBe('')
  })
})
