import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { COMMON } from '../../src/cli/common-options.ts'
import { parseLine } from '../../src/cli/parse.ts'

const parse = (...argv: string[]) => parseLine(argv, COMMANDS, COMMON)
const problems = (...argv: string[]): readonly string[] => {
  const parsed = parse(...argv)
  return parsed.kind === 'bad' ? parsed.problems : []
}

test('a good line is read, in either form of a value', () => {
  const parsed = parse(
    'rollout',
    '--env',
    'production',
    '--image=api=repo@sha256:00',
    '--image',
    'web=x',
    '--dry-run',
  )
  if (parsed.kind !== 'run') throw new Error(parsed.kind)
  expect(parsed.line.command.name).toBe('rollout')
  expect(parsed.line.text('env')).toBe('production')
  expect(parsed.line.list('image')).toEqual(['api=repo@sha256:00', 'web=x'])
  expect(parsed.line.has('dry-run')).toBe(true)
  expect(parsed.line.has('json')).toBe(false)
})

test('all problems of a line are found at once, with the nearest known name', () => {
  expect(problems('build', '--evn', '--dry-run=yes', 'x', '--file')).toEqual([
    'unknown option "--evn": did you mean --env?',
    '--dry-run takes no value, but got "yes"',
    'build takes no word beside its options, but got "x"',
    '--file needs a value: --file FILE',
    'build needs --env ENVIRONMENT',
  ])
})

test('an unknown command is answered with the nearest one, or with all of them', () => {
  expect(problems('buidl')).toEqual(['unknown command "buidl": did you mean build?'])
  expect(problems('xyzzy')[0]).toContain('one of validate, bootstrap, build')
  expect(problems('--env', 'local', 'build')).toEqual([
    'the command comes first, but the line starts with "--env"',
  ])
})

test.each(['-x', '../other', 'a..b', 'A', 'a b', 'a;b', '$(x)', `${'a'.repeat(64)}`, 'é', '@file'])(
  'R2 the environment %j is refused, since it is no name',
  (name) => {
    expect(problems('build', `--env=${name}`)).toHaveLength(1)
  },
)

test('R2 an option is never taken for the value of the one before it', () => {
  expect(problems('build', '--env', 'local', '--state', '--dry-run')).toEqual([
    '--state needs a value: --state DIR',
  ])
})

test('R2 an operation and a choice come from a closed list', () => {
  expect(problems('operate', 'stauts', '--env', 'local')).toEqual([
    'operate knows no operation "stauts": did you mean status?',
  ])
  expect(problems('operate', '--env', 'local')[0]).toContain(
    'operate needs the operation: one of status, logs',
  )
})

test('evaluate needs an environment or evidence', () => {
  expect(problems('evaluate')).toEqual(['evaluate needs --env ENVIRONMENT'])
  expect(problems('evaluate', '--evidence', 'e.json')).toEqual([
    'evaluate needs --env ENVIRONMENT, or --policy',
  ])
  expect(parse('evaluate', '--evidence', 'e.json', '--policy', 'p.yml').kind).toBe('run')
})

test('an operation in the place of the command is told with its command', () => {
  expect(problems('status')).toEqual(['unknown command "status": did you mean sluice operate status?'])
})

test('an option that is given twice is refused, unless it may be', () => {
  expect(problems('build', '--env', 'a', '--env', 'b')).toEqual(['--env is given twice'])
})

test('help is given wherever it is asked for', () => {
  expect(parse('--help')).toEqual({ kind: 'help', command: undefined })
  expect(parse('build', '-h')).toMatchObject({ kind: 'help', command: { name: 'build' } })
  expect(parse('build', '--version')).toEqual({ kind: 'version' })
})

test('any line is read to an end', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'build',
      'operate',
      'logs',
      '--env',
      '--env=x',
      '--json',
      '-f',
      '--',
      '-',
      '--=',
      '--tail',
      '7',
    ),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
      expect(['run', 'help', 'version', 'bad']).toContain(parse(...argv).kind)
    }),
  )
})

test('no two commands, and no two options of a command, have the same name', () => {
  const names = COMMANDS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { options } of COMMANDS) {
    const all = [...options, ...COMMON].flatMap(({ name, short }) =>
      short === undefined ? [name] : [name, short],
    )
    expect(new Set(all).size).toBe(all.length)
  }
})
