/** Reads, one after the other, what would keep a pattern busy that looks at each place of a long text anew, and says what is done. */
import { parseLooseJson } from '../../../src/gate/loose-json.ts'
import { NumberCell } from '../../../src/gate/rows/number-cell.ts'
import { keepFiles } from '../../../src/mlflow/record.ts'
import type { MlflowRest } from '../../../src/mlflow/rest.ts'
import { endingText } from '../../../src/providers/local/services/trouble.ts'
import { neutralText } from '../../../src/runtime/neutralise.ts'
import { tableLines } from '../../../src/runtime/table.ts'

const LONG = 400_000

const HOSTILE: Readonly<Record<string, () => unknown>> = {
  'evidence whose string never ends': () => parseLooseJson(`{"a": NaN, "b": "${'\\"'.repeat(LONG)}`),
  'a cell of digits that is no number': () => {
    const cell = Buffer.from(`${'1'.repeat(LONG)}x`)
    return new NumberCell().parse(cell, 0, cell.length)
  },
  'a cell of a table that is all spaces': () =>
    tableLines({ columns: ['why'], rows: [[`${' '.repeat(LONG)}x`]] }, 80),
  'the line of a log that names errors and no reason': () => {
    const lines = ['Error '.repeat(LONG), ...Array.from({ length: 9 }, () => 'x')]
    return endingText({ code: 1, signal: null, ran: 1, times: 1, lastLines: lines })
  },
  'escape sequences that begin and never end': () =>
    neutralText(`${'\u001b[0'.repeat(LONG)}${'\u001b]'.repeat(LONG)}`),
  'characters without width before a command': () => neutralText(`${'\u200b '.repeat(LONG)}::`),
  'the place of artifacts that is all slashes': () => keepFiles(server, RECORD, { 'a.json': '{}' }),
}

const RECORD = { title: 'a', known: 'run', now: 0 }
/** A server of MLflow with one run. */
const server = {
  get: async () => ({
    run: { info: { run_id: 'run', artifact_uri: `mlflow-artifacts:${'/'.repeat(LONG)}\n` } },
  }),
  upload: async () => {},
} as unknown as MlflowRest

for (const [name, read] of Object.entries(HOSTILE)) {
  try {
    await read()
  } catch {
    // That it is refused is as good.
  }
  process.stdout.write(`${name}\n`)
}
