import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

/** Milliseconds: with a pattern that looks at each place anew it would be hours. */
const PATIENCE = 50_000

test('R4 foreign text is read once from its beginning to its end, however long it is and whatever it begins', async () => {
  const done = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [new URL('./lengths.ts', import.meta.url).pathname],
      { timeout: PATIENCE, killSignal: 'SIGKILL' },
      (_error, stdout) => resolve(stdout),
    )
  })
  expect(done.trim().split('\n')).toEqual([
    'evidence whose string never ends',
    'a cell of digits that is no number',
    'a cell of a table that is all spaces',
    'the line of a log that names errors and no reason',
    'escape sequences that begin and never end',
    'characters without width before a command',
    'the place of artifacts that is all slashes',
  ])
})
