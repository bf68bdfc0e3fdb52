import { expect, test } from 'vitest'
import { COMMON_INPUTS } from '../../src/action/define-action.ts'
import { readInputs } from '../../src/action/inputs.ts'

const read = (env: Record<string, string>) =>
  readInputs(COMMON_INPUTS, { INPUT_ENVIRONMENT: 'production', ...env })
const problems = (env: Record<string, string>): readonly string[] => {
  const result = read(env)
  return result.ok ? [] : result.problems
}

test('inputs are typed, with their defaults', () => {
  const result = read({ 'INPUT_DRY-RUN': 'True', INPUT_FILE: '' })
  expect(result).toEqual({
    ok: true,
    values: {
      environment: 'production',
      file: 'sluice.yml',
      'working-directory': '.',
      'dry-run': true,
      'github-token': undefined,
    },
  })
})

test('every problem of the inputs is found at once', () => {
  expect(problems({ INPUT_ENVIRONMENT: '', 'INPUT_DRY-RUN': 'yes', 'INPUT_DRY-RN': 'true' })).toEqual([
    'unknown input "dry-rn": did you mean dry-run?',
    'input environment: it is required',
    'input dry-run "yes": true or false is needed',
  ])
})

test.each(['-x', '--config=x', '../other', 'a..b', 'A', 'a b', 'a;b', '$(x)', '', `${'a'.repeat(64)}`, 'é'])(
  'R2 the environment %j is refused, since it is no name',
  (name) => {
    expect(problems({ INPUT_ENVIRONMENT: name })).toHaveLength(1)
  },
)

test('R5 a secret is typed, and a fault in one does not show it', () => {
  const result = read({ 'INPUT_GITHUB-TOKEN': 'ghs_hunter22' })
  expect(JSON.stringify(result)).not.toContain('hunter22')
  expect(result.ok && result.values['github-token']?.reveal()).toBe('ghs_hunter22')
  expect(problems({ 'INPUT_GITHUB-TOKEN': 'ghs_hunter22\0' })).toEqual([
    'input github-token: it holds a NUL byte',
  ])
})

test('lists hold one item a line, and a name in a list obeys the rule of names', () => {
  const specs = { images: { kind: 'names' } } as const
  expect(readInputs(specs, { INPUT_IMAGES: ' api \n\n query-api\n' })).toEqual({
    ok: true,
    values: { images: ['api', 'query-api'] },
  })
  expect(readInputs(specs, { INPUT_IMAGES: 'api\n--all' }).ok).toBe(false)
})
