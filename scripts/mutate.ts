/**
 * `npm run mutate [-- R37 ... --in ecs,gcp]`: shows that the tests of a promise can fail. Each entry of test/mutations/*.json
 * breaks one place of the code in a copy of the repository and runs one test file there: it must go red. `--in` names files of
 * test/mutations. The tests named by the promise run first; where they stay green the others of the file do, and the line says so.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'

export interface Mutation {
  /** `structure`: of no promise, but a rule of the repository about itself. */
  readonly promise: string
  readonly file: string
  /** Exact text that stands once in the file. */
  readonly find: string
  readonly replace: string
  /** The test file that must notice. */
  readonly test: string
}

const root = join(import.meta.dirname, '..')

/** @param areas names of the files of test/mutations, all where there are none */
export function readMutations(folder = root, areas: readonly string[] = []): Mutation[] {
  return globSync('test/mutations/*.json', { cwd: folder })
    .filter((path) => areas.length === 0 || areas.includes(basename(path, '.json')))
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

/** `beside`: no test that bears the promise's name noticed, another one of the file did. */
type Ending = 'caught' | 'beside' | 'survived' | 'hung' | 'broken'

/** What a failing test said; of a file that cannot be read there is no test. */
interface Report {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

const TIMED_OUT = /^Error: (Test|Hook) timed out in /

/** The end of one run of the tests whose names hold the promise, or of the whole file. A wait that never ends tells nobody why. */
function runTest(copy: string, test: string, promise?: string): 'green' | 'red' | 'hung' {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reportFile = join(copy, 'mutation-report.json')
  rmSync(reportFile, { force: true })
  const named = promise === undefined ? [] : ['--testNamePattern', `\\b${promise}\\b`]
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', test, '--bail=1', '--reporter=json', `--outputFile=${reportFile}`, ...named],
    { cwd: copy, stdio: 'ignore', timeout: 300_000 },
  )
  if (status === 0) return 'green'
  if (status === null || !existsSync(reportFile)) return 'hung'
  const { testResults } = JSON.parse(readFileSync(reportFile, 'utf8')) as Report
  const said = testResults.flatMap(({ message, assertionResults }) => [
    ...(message === '' ? [] : [message]),
    ...assertionResults.filter((one) => one.status === 'failed').flatMap((one) => one.failureMessages),
  ])
  return said.length > 0 && said.every((text) => TIMED_OUT.test(text)) ? 'hung' : 'red'
}

class Trial {
  readonly #copy: string
  readonly #green = new Map<string, boolean>()

  constructor(copy: string) {
    this.#copy = copy
  }

  end(mutation: Mutation): Ending {
    if (mutation.promise === 'structure') return this.#run(mutation)
    const named = this.#run(mutation, mutation.promise)
    if (named !== 'survived') return named
    const whole = this.#run(mutation)
    return whole === 'caught' ? 'beside' : whole
  }

  /** A test that is red before the mutation, too, shows nothing. */
  #run(mutation: Mutation, promise?: string): Exclude<Ending, 'beside'> {
    const { test } = mutation
    const key = `${test} ${promise ?? ''}`
    const isGreen = this.#green.get(key) ?? runTest(this.#copy, test, promise) === 'green'
    this.#green.set(key, isGreen)
    if (!isGreen) return 'broken'
    const path = join(this.#copy, mutation.file)
    const original = readFileSync(path, 'utf8')
    writeFileSync(path, mutated(original, mutation))
    try {
      const end = runTest(this.#copy, test, promise)
      return end === 'hung' ? 'hung' : end === 'red' ? 'caught' : 'survived'
    } finally {
      writeFileSync(path, original)
    }
  }
}

function main(args: readonly string[]): void {
  const { positionals: promises, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { in: { type: 'string' } },
  })
  const chosen = readMutations(root, values.in?.split(',')).filter(
    ({ promise }) => promises.length === 0 || promises.includes(promise),
  )
  if (chosen.length === 0) throw new Error(`no mutation for ${args.join(' ')}`)
  const copy = copyRepository()
  const trial = new Trial(copy)
  const count = { caught: 0, beside: 0, survived: 0, hung: 0, broken: 0 }
  try {
    for (const mutation of chosen) {
      const ending = trial.end(mutation)
      count[ending]++
      console.log(`${mutation.promise.padEnd(5)} ${ending.padEnd(9)} ${mutation.file}  (${mutation.test})`)
      if (ending === 'survived' || ending === 'hung')
        console.log(`      ${mutation.find}\n   -> ${mutation.replace}`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  console.log(
    `${count.caught} caught, ${count.beside} by a test of another name, ${count.survived} survived, ${count.hung} hung, ` +
      `${count.broken} with a test that was red before`,
  )
  if (count.caught + count.beside !== chosen.length) process.exitCode = 1
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2))
