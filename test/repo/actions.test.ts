import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { actionFiles, withTables } from '../../scripts/readmes.ts'
import { type Action, COMMON_OUTPUTS } from '../../src/action/define-action.ts'
import { VERBS } from '../../src/domain/outcome.ts'

const root = join(import.meta.dirname, '../..')
const files = actionFiles(root)

test('every verb, and release at the root, is an action', () => {
  expect(files.map(({ verb }) => verb).sort()).toEqual([...VERBS, 'release'].sort())
})

describe.each(files)('action $verb', ({ verb, readme, yml, action }) => {
  const declared = async (): Promise<Action> => {
    const module = (await import(join(root, 'actions', verb, 'action.ts'))) as Record<string, Action>
    const found = module[verb]
    if (found === undefined) throw new Error(`actions/${verb}/action.ts does not export ${verb}`)
    return found
  }

  test('action.yml and action.ts declare the same inputs', async () => {
    const { inputs } = await declared()
    const fromCode = Object.entries(inputs).map(([name, spec]) => {
      const value = 'default' in spec && spec.default !== undefined ? String(spec.default) : undefined
      return [name, { required: 'required' in spec && spec.required === true, default: value }]
    })
    const fromYml = Object.entries(action.inputs ?? {}).map(([name, input]) => {
      // The runner's token is a default that only action.yml can name.
      const value = name === 'github-token' ? undefined : input.default
      return [name, { required: input.required, default: value }]
    })
    expect(Object.fromEntries(fromYml)).toEqual(Object.fromEntries(fromCode))
  })

  test('action.yml and action.ts declare the same outputs', async () => {
    const { outputs } = await declared()
    expect(Object.keys(action.outputs)).toEqual([...COMMON_OUTPUTS, ...outputs])
  })

  test('it is named as its folder, and runs its own bundle on node24', async () => {
    expect((await declared()).name).toBe(verb)
    expect(action.runs.using).toBe('node24')
    expect(join(root, yml, '..', action.runs.main)).toBe(join(root, 'dist', `${verb}.js`))
  })

  test('main.ts runs this action and nothing else', () => {
    const source = readFileSync(join(root, 'actions', verb, 'main.ts'), 'utf8')
    expect(source).toBe(
      `import { runAction } from '../../src/action/run-action.ts'\nimport { ${verb} } from './action.ts'\n\nvoid runAction(${verb})\n`,
    )
  })

  test('the tables of its README are those of action.yml', () => {
    const text = readFileSync(join(root, readme), 'utf8')
    expect(text).toBe(withTables(text, action))
  })

  test('its README states permissions, triggers and dangers', () => {
    const text = readFileSync(join(root, readme), 'utf8')
    for (const word of ['**Permissions.**', '**Triggers.**', '**Dangers.**']) expect(text).toContain(word)
  })

  test('every description is a sentence', () => {
    const entries = [...Object.values(action.inputs ?? {}), ...Object.values(action.outputs)]
    for (const { description } of entries) expect(description).toMatch(/^[A-Za-z].*\.$/)
  })
})
