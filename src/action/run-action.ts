/**
 * The door of GitHub Actions. Only what is needed to refuse bad inputs is loaded here; the work comes by `import()`.
 */
import { say } from '../runtime/node/say.ts'
import type { Action } from './define-action.ts'
import { readInputs } from './inputs.ts'
import { randomBytes } from './random.ts'
import { annotation, writeKey } from './runner.ts'

/** Reads the inputs, does the work, and leaves outputs, summary, annotations and the exit code of promise R48. */
export async function runAction(action: Action): Promise<void> {
  const inputs = readInputs(action.inputs, process.env)
  if (inputs.ok) {
    const { work } = await import('./work.ts')
    process.exitCode = await work(action, inputs.values)
  } else {
    refuse(inputs.problems)
    process.exitCode = 2
  }
}

function refuse(problems: readonly string[]): void {
  say(1, problems.map((problem) => annotation('error', problem)).join(''))
  const file = process.env['GITHUB_OUTPUT']
  for (const [key, value] of [
    ['outcome', 'usage'],
    ['code', '2'],
    ['result', ''],
  ] as const) {
    writeKey(file, key, value, randomBytes)
  }
}
