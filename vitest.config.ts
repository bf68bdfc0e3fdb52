import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { useTools } from './test/tools-folder.ts'

useTools()
process.env['SLUICE_ABSENT_LIST'] ??= join(tmpdir(), `sluice-absent-${process.pid}`)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/.sluice/**'],
    reporters: ['default', './test/reporter.ts'],
    // Real processes start slowly on a busy machine; no test asserts a time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
  },
})
