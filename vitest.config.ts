import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/sequence.ts'
import { useTools } from './test/tools-folder.ts'

useTools()
// Real components that suites share are used by this run as a whole.
process.env['SLUICE_TEST_RUN'] ??= String(process.pid)
process.env['SLUICE_ABSENT_LIST'] ??= join(tmpdir(), `sluice-absent-${process.pid}`)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/.sluice/**'],
    reporters: ['default', './test/reporter.ts'],
    // Real processes start slowly on a busy machine; no test asserts a time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Many suites wait for processes of their own, some for nine tenths of their time: as many workers as two cores have would leave them idle.
    maxWorkers: Math.max(4, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    passWithNoTests: false,
    globalSetup: ['./test/real/end-docker-engine.ts', './test/workflows/end-dist.ts'],
  },
})
