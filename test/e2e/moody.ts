import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { EXIT_CODES, type Outcome } from '../../src/domain/outcome.ts'
import { type CommandLine, commandLine, type Ended } from './sluice.ts'

const FIXTURE = join(import.meta.dirname, 'fixtures', 'moody')

/** The system of fixtures/moody, whose one service does what its image says. */
export interface Moody extends CommandLine {
  /** Replaces text in the sluice.yml as it came. */
  configure(...replacements: readonly (readonly [string, string])[]): void
  /** Makes an image of this behaviour: see fixtures/moody/app/main.mjs. */
  build(mode: string): Promise<void>
  /** What users get: the behaviour that serves them. */
  served(): Promise<string>
  resultFile(): Record<string, unknown> | undefined
}

export async function moody(): Promise<Moody> {
  const sluice = await commandLine(FIXTURE)
  const file = join(sluice.folder, 'sluice.yml')
  const original = readFileSync(file, 'utf8')
  const result = join(sluice.folder, '.sluice/local/result.json')
  return {
    ...sluice,
    configure: (...replacements) => {
      let text = original
      for (const [from, to] of replacements) {
        expect(text).toContain(from)
        text = text.replace(from, to)
      }
      writeFileSync(file, text)
    },
    build: async (mode) => {
      writeFileSync(join(sluice.folder, 'app/mode.txt'), `${mode}\n`)
      const { code, stderr } = await sluice.run('build')
      expect(code, stderr).toBe(0)
    },
    served: async () => {
      const { json } = await sluice.run('operate', 'status')
      const [service] = (json['services'] ?? []) as { url: string }[]
      return (await fetch(service?.url ?? '')).text()
    },
    resultFile: () =>
      existsSync(result) ? (JSON.parse(readFileSync(result, 'utf8')) as Record<string, unknown>) : undefined,
  }
}

/** The exit code, `--json` and what a person reads are one: outcome, why and what to do. */
export function expectFailure(ended: Ended, outcome: Outcome, why: RegExp, remedy: RegExp): void {
  const { code, json, stderr } = ended
  expect({ code, outcome: json['outcome'], inJson: json['code'] }, stderr).toEqual({
    code: EXIT_CODES[outcome],
    outcome,
    inJson: EXIT_CODES[outcome],
  })
  expect(json['message']).toMatch(why)
  expect(json['remedy']).toMatch(remedy)
  expect(stderr).toMatch(why)
  expect(stderr).toMatch(remedy)
  expect(stderr).not.toMatch(/^\s+at .*\.ts:\d+/m)
}
