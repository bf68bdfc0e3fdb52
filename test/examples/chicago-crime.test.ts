import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crimePython, describeReal } from '../real.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/chicago-crime')

/** `unittest` of Python: the system is Python, so its tests are. */
describeReal('chicago-crime', ['environment of chicago-crime'], () => {
  test.each([
    ['the portal, its rows and their troubles', 'test_portal', 12],
    ['what becomes of a crime on its way to a number', 'test_model', 12],
    ['the API', 'test_api', 4],
    ['what is ours in the image of Airflow', 'test_airflow', 9],
  ])('%s', (_what, module, least) => {
    const { status, stderr } = spawnSync(crimePython(), ['-m', 'unittest', '-v', module], {
      cwd: join(EXAMPLE, 'test'),
      env: { ...process.env, PYTHONPATH: join(EXAMPLE, 'apps/crime'), PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    expect(Number(/^Ran (\d+) tests? in/m.exec(stderr)?.[1])).toBeGreaterThanOrEqual(least)
    expect(stderr).not.toContain('skipped')
  })
})
