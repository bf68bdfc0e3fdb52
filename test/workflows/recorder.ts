import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Writes down what an action is given, and says what lets the steps after it run. */
const programOf = (more: string): string => `const fs = require('node:fs')
const given = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('INPUT_')))
const verb = require('node:path').basename(__filename, '.js')
fs.appendFileSync(process.env.SLUICE_TEST_RECORD, JSON.stringify({ verb, given }) + '\\n')
fs.appendFileSync(process.env.GITHUB_OUTPUT, 'changes=false\\nsubjects=none\\ndirectory=' + __dirname + '\\n')
fs.appendFileSync(process.env.GITHUB_OUTPUT, ${JSON.stringify(more)})
`

export interface Recorded {
  readonly verb: string
  /** As the runner gives them: `INPUT_WORKING-DIRECTORY`. */
  readonly given: Readonly<Record<string, string>>
}

/** Actions that do nothing but write down their inputs, in the place of ours. */
export interface Recorder extends Disposable {
  /** Folder of bundles. */
  readonly dist: string
  readonly folder: string
  /** The variable that a run needs, for a record of its own. */
  env(name: string): Readonly<Record<string, string>>
  recorded(name: string): readonly Recorded[]
}

/** @param more further outputs of every action, as lines `NAME=VALUE`. */
export function openRecorder(more = ''): Recorder {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-recorder-'))
  const dist = join(folder, 'dist')
  mkdirSync(dist)
  for (const verb of readdirSync(join(import.meta.dirname, '../../actions'))) {
    writeFileSync(join(dist, `${verb}.js`), programOf(more))
  }
  writeFileSync(join(dist, 'package.json'), '{"type":"commonjs"}')
  const path = (name: string): string => join(folder, `${name}.jsonl`)
  return {
    dist,
    folder,
    env: (name) => ({ SLUICE_TEST_RECORD: path(name) }),
    recorded: (name) =>
      !existsSync(path(name))
        ? []
        : readFileSync(path(name), 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Recorded),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
