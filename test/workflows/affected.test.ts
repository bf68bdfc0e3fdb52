import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { type Caller, type Ended, filledIn, openCaller } from './act.ts'

const CALLER = filledIn(`name: affected
on: { push: {}, workflow_dispatch: { inputs: { systems: { type: string } } } }
permissions: {}
jobs:
  affected:
    permissions: { contents: read }
    uses: OWNER/sluice/.github/workflows/affected.yml@COMMIT
    with:
      systems: |
        systems/films libs/shared
        systems/videos libs/shared libs/video
        tools
  asked:
    permissions: { contents: read }
    if: inputs.systems != ''
    uses: OWNER/sluice/.github/workflows/affected.yml@COMMIT
    with:
      systems: \${{ inputs.systems }}
`)

describeReal('the matrix over the systems of a monorepo', ['act', 'git'], () => {
  let empty: string
  let caller: Caller
  beforeAll(() => {
    empty = mkdtempSync(join(tmpdir(), 'sluice-no-dist-'))
    caller = openCaller({ dist: empty, files: { '.github/workflows/affected.yml': CALLER } })
    caller.write('systems/films/sluice.yml', 'first\n')
    caller.write('systems/videos/sluice.yml', 'first\n')
    caller.write('tools/run', 'first\n')
  })
  afterAll(() => {
    caller[Symbol.dispose]()
    rmSync(empty, { recursive: true })
  })

  const outputs = ({ log }: Ended): Record<string, string> =>
    Object.fromEntries(
      [...log.matchAll(/set-output:: (matrix|any)=(.*)$/gm)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    )
  const push = async (path: string, before?: string): Promise<Record<string, string>> => {
    const last = caller.git('rev-parse', 'HEAD')
    caller.write(path, `${path} at ${performance.now()}\n`)
    const ended = await caller.run({
      workflow: 'affected.yml',
      event: 'push',
      payload: { before: before ?? last },
    })
    expect(ended.code, ended.log).toBe(0)
    return outputs(ended)
  }

  test.each([
    ['systems/films/src/a.py', ['systems/films'], 'true'],
    ['libs/shared/b.py', ['systems/films', 'systems/videos'], 'true'],
    ['libs/video/c.py', ['systems/videos'], 'true'],
    ['systems/films-old/a.py', [], 'false'],
    ['README.md', [], 'false'],
  ])('a push that changes %s concerns %j', async (path, folder, any) => {
    expect(await push(path)).toEqual({ matrix: JSON.stringify({ folder }), any })
  })

  test.each([
    ['of a new branch', '0'.repeat(40)],
    ['whose last commit was thrown away', 'd'.repeat(40)],
    ['that names no commit', 'main; touch canary'],
  ])('a push %s concerns every system', async (_, before) => {
    const all = ['systems/films', 'systems/videos', 'tools']
    expect(await push('README.md', before)).toEqual({ matrix: JSON.stringify({ folder: all }), any: 'true' })
  })

  test('a system that the commit does not have is refused by its name', async () => {
    const { code, log } = await caller.run({
      workflow: 'affected.yml',
      event: 'workflow_dispatch',
      inputs: { systems: 'systems/flims libs/shared' },
    })
    expect(code).not.toBe(0)
    expect(log).toContain('systems names systems/flims, and this commit has no such folder')
  })

  test.each([['../elsewhere'], ['systems/../..'], ['/etc'], ['-o'], ['a"b'], ['$(touch canary)'], ['*']])(
    'R2 a system %s is refused, with the rule',
    async (systems) => {
      const ended = await caller.run({
        workflow: 'affected.yml',
        event: 'workflow_dispatch',
        inputs: { systems },
      })
      expect(ended.code).not.toBe(0)
      expect(ended.log).toContain('A path of systems has letters, digits')
    },
  )
})
