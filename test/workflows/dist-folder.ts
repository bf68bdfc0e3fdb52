import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the suites of one test run share; SLUICE_TEST_RUN is the run's own process (vitest.config.ts). */
export const distFolder = (): string =>
  join(tmpdir(), `sluice-dist-${process.env['SLUICE_TEST_RUN'] ?? process.pid}`)
