/**
 * `npm run demo [-- SYSTEM] [--once]`: takes an example from its repository to a served release on this machine and uses
 * it as its users would. Where a model decides, the gate is shown rejecting a worse one. In a terminal it keeps serving
 * until Ctrl-C; otherwise, or with --once, it ends.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { ENVIRONMENT, heading, openStage, say, seconds } from './demo/stage.ts'
import { storyOf } from './demo/story.ts'

const root = join(import.meta.dirname, '..')
const args = process.argv.slice(2)
const once = args.includes('--once') || !process.stdout.isTTY || !process.stdin.isTTY
const name = args.find((argument) => !argument.startsWith('-')) ?? 'filmlens'
process.exitCode = await main(name)

async function main(system: string): Promise<number> {
  const entries = readdirSync(join(root, 'examples'), { withFileTypes: true })
  const examples = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const folder = join(root, 'examples', system)
  const story = examples.includes(system) ? await storyOf(folder) : undefined
  if (story === undefined) {
    console.error(`there is no demo of ${system}; there are ${examples.join(', ')}`)
    return 2
  }
  // A state of its own: the demo starts from nothing and leaves nothing.
  const state = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  const stage = openStage(system, folder, state)
  let interrupted = false
  const cancelled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.on(signal, () => {
        interrupted = true
        resolve()
      })
  })
  try {
    await story(stage)
    if (!once) {
      heading('It keeps serving. Ctrl-C ends it.')
      const awake = setInterval(() => {}, 60_000) // a promise alone does not keep the process
      await cancelled
      clearInterval(awake)
    }
    return 0
  } catch (error) {
    if (interrupted) return 130
    console.error(`\n${styleText('red', 'The demo stopped:')} ${(error as Error).message}`)
    return 1
  } finally {
    heading('Everything is stopped')
    const { code } = await stage.sluice(['down'])
    // With its state gone, nobody could stop what still runs.
    const gone =
      code === 0 &&
      (await stage.sluice(['operate', 'destroy', '--confirm', ENVIRONMENT], { quiet: true })).code === 0
    if (gone) rmSync(state, { recursive: true, force: true })
    else say(`something may still run; its state is ${state}`)
    say(`took ${seconds()} s`)
  }
}
