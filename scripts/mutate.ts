/**
 * `npm run mutate [-- R37 ...]`: shows that the tests of a promise can fail. Each entry of test/mutations/*.json breaks one
 * place of the code in a copy of the repository and runs one test file there: it must go red.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Mutation {
  readonly promise: string
  readonly file: string
  /** Exact text that stands once in the file. */
  readonly find: string
  readonly replace: string
  /** The test file that must notice. */
  readonly test: string
}

const root = join(import.meta.dirname, '..')

export function readMutations(folder = root): Mutation[] {
  return globSync('test/mutations/*.json', { cwd: folder })
    .sort()
    .flatMap((path) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as Mutation[])
}

/** The source with the mutation in it. @throws where the text does not stand there exactly once */
export function mutated(source: string, { file, find, replace }: Mutation): string {
  const places = source.split(find).length - 1
  if (places !== 1) throw new Error(`${file} holds ${JSON.stringify(find)} ${places} times, not once`)
  return source.replace(find, () => replace)
}

/** A copy of what git tracks or would, with node_modules by a link. */
function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'sluice-mutate-'))
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  for (const path of listed.stdout.split('\0').filter((name) => name !== '')) {
    cpSync(join(root, path), join(copy, path), { force: true, verbatimSymlinks: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

type Ending = 'caught' | 'survived' | 'broken'

/** A test that is red before the mutation, too, shows nothing. */
function runTest(copy: string, test: string): boolean {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', test, '--reporter=dot'], {
    cwd: copy,
    stdio: 'ignore',
    timeout: 300_000,
  })
  return status === 0
}

function tryMutation(copy: string, mutation: Mutation, isGreen: (test: string) => boolean): Ending {
  if (!isGreen(mutation.test)) return 'broken'
  const path = join(copy, mutation.file)
  const original = readFileSync(path, 'utf8')
  writeFileSync(path, mutated(original, mutation))
  try {
    return runTest(copy, mutation.test) ? 'survived' : 'caught'
  } finally {
    writeFileSync(path, original)
  }
}

function main(promises: readonly string[]): void {
  const chosen = readMutations().filter(({ promise }) => promises.length === 0 || promises.includes(promise))
  if (chosen.length === 0) throw new Error(`no mutation for ${promises.join(', ')}`)
  const copy = copyRepository()
  const green = new Map<string, boolean>()
  const isGreen = (test: string): boolean => {
    const known = green.get(test) ?? runTest(copy, test)
    green.set(test, known)
    return known
  }
  const count = { caught: 0, survived: 0, broken: 0 }
  try {
    for (const mutation of chosen) {
      const ending = tryMutation(copy, mutation, isGreen)
      count[ending]++
      console.log(`${mutation.promise.padEnd(5)} ${ending.padEnd(9)} ${mutation.file}  (${mutation.test})`)
      if (ending === 'survived') console.log(`      ${mutation.find}\n   -> ${mutation.replace}`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  console.log(
    `${count.caught} caught, ${count.survived} survived, ${count.broken} with a test that was red before`,
  )
  if (count.caught !== chosen.length) process.exitCode = 1
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2))
