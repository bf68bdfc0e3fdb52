import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeReal, fashionPython } from '../real.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/fashion-catalog')

/** `unittest` of Python: pipelines and search are Python, so their tests are. The APIs are TypeScript: test/e2e/fashion-catalog.test.ts. */
describeReal('fashion-catalog', ['environment of fashion-catalog'], () => {
  test.each([
    ['rows, pictures and where they come from', 'test_catalog', 19],
    [
      'R38 champion and challenger answer the same questions; the model, its index and the search',
      'test_model',
      15,
    ],
  ])(
    '%s',
    (_what, module, least) => {
      const { status, stderr } = spawnSync(fashionPython(), ['-m', 'unittest', '-v', module], {
        cwd: join(EXAMPLE, 'test'),
        env: { ...process.env, PYTHONPATH: join(EXAMPLE, 'apps/pipeline'), PYTHONDONTWRITEBYTECODE: '1' },
        encoding: 'utf8',
      })
      expect(status, stderr).toBe(0)
      expect(Number(/^Ran (\d+) tests? in/m.exec(stderr)?.[1])).toBeGreaterThanOrEqual(least)
      expect(stderr).not.toContain('skipped')
    },
    180_000,
  )
})
