import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * The end of a run: which suites could not run for want of a real component, and one plain line with the counts. A run in
 * which nothing ran has failed.
 */
export default class EndReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string): number => tests.filter((t) => t.result().state === state).length
    const broken = modules.filter(
      (module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0,
    )
    const passed = count('passed')
    const failed = count('failed') + broken.length + errors.length
    const lines = absentTable()
    if (passed === 0) {
      lines.push('No test ran: that is a failure.')
      process.exitCode = 1
    }
    lines.push(`${passed} passed, ${failed} failed, ${count('skipped')} skipped`)
    process.stdout.write(`\n${lines.join('\n')}\n`)
  }
}

function absentTable(): string[] {
  const list = process.env['SLUICE_ABSENT_LIST']
  if (list === undefined || !existsSync(list)) return []
  const rows = [...new Set(readFileSync(list, 'utf8').trim().split('\n'))].sort()
  rmSync(list)
  return [
    'Not on this machine, so the suites that need it were skipped:',
    ...rows.map((row) => {
      const [component = '', install = ''] = row.split('\t')
      return `  ${component.padEnd(20)} ${install}`
    }),
    '',
  ]
}
