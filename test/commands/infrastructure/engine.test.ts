import { describe, expect, test } from 'vitest'
import { type Act, fakeEngine } from './fake-engine.ts'

const line = (value: object): string => `${JSON.stringify(value)}\n`
const planned = line({
  type: 'planned_change',
  change: { resource: { addr: 'terraform_data.a' }, action: 'create' },
})
const summary = (operation: string): string =>
  line({ type: 'change_summary', changes: { add: 1, operation } })
const document = (changes: number): string =>
  JSON.stringify({
    format_version: '1.2',
    resource_changes: Array.from({ length: changes }, (_, index) => ({
      address: `terraform_data.a${index}`,
      type: 'terraform_data',
      change: { actions: ['create'], before: null, after: {}, after_unknown: {} },
    })),
  })

const GOOD: Readonly<Record<string, Act>> = {
  plan: { stdout: planned + summary('plan'), leaves: true },
  show: { stdout: document(1) },
  apply: { stdout: summary('apply') },
}

/** What a plan came to: the outcome of its failure, or the number of its changes. */
async function plan(acts: Readonly<Record<string, Act>>): Promise<string | number> {
  await using fake = await fakeEngine({ ...GOOD, ...acts })
  const engine = await fake.open()
  return await engine.plan(fake.stack, fake.file).then(
    ({ changes }) => changes.length,
    (error: { outcome?: string; message: string }) => `${error.outcome}: ${error.message}`,
  )
}

describe('R20 what the engine does is taken from what it says', () => {
  test('a plan that is whole is one, with and without changes', async () => {
    expect(await plan({})).toBe(1)
    expect(await plan({ show: { stdout: document(0) } })).toBe(0)
  })

  test.each<readonly [string, Readonly<Record<string, Act>>, string]>([
    [
      'exit 2 with a plan that has changes',
      { plan: { stdout: planned + summary('plan'), leaves: true, code: 2 } },
      'ended with code 2',
    ],
    ['exit 2 from a crash', { plan: { stderr: 'panic: runtime error', code: 2 } }, 'panic: runtime error'],
    ['exit 11', { plan: { code: 11 } }, 'ended with code 11'],
    ['exit 137', { plan: { stdout: planned, leaves: true, code: 137 } }, 'ended with code 137'],
    [
      'a kill',
      { plan: { stdout: planned + summary('plan'), leaves: true, signal: 'SIGKILL' } },
      'ended with signal SIGKILL',
    ],
    [
      'exit 0 in the middle of its events',
      { plan: { stdout: planned, leaves: true } },
      'never said that it was done',
    ],
    [
      'exit 0 without a plan file',
      { plan: { stdout: planned + summary('plan') } },
      'never said that it was done',
    ],
    ['exit 0 and nothing else', { plan: { leaves: true } }, 'never said that it was done'],
    ['half a document', { show: { stdout: document(1).slice(0, -20) } }, 'is not a plan document'],
    [
      'a warning before the document',
      { show: { stdout: `Warning: something\n${document(1)}` } },
      'is not a plan document',
    ],
    [
      'a warning behind the document',
      { show: { stdout: `${document(1)}\nWarning: something` } },
      'is not a plan document',
    ],
    [
      'a warning in the middle of the document',
      { show: { stdout: document(1).replace('"type"', 'Warning: x "type"') } },
      '',
    ],
    ['no document', { show: {} }, 'is not a plan document'],
    ['a document and exit 2', { show: { stdout: document(1), code: 2 } }, 'ended with code 2'],
    [
      'a document of a failed plan',
      { show: { stdout: document(1).replace('{', '{"errored":true,') } },
      'has failed',
    ],
  ])('R20 %s is no plan', async (_, acts, said) => {
    const came = await plan(acts)
    expect(came).toMatch(/^(external|usage): /)
    expect(came).toContain(said)
  })

  test('R20 warnings between the events of a plan change nothing', async () => {
    const stdout = `Warning: x\n${planned}\n{"half": \n${summary('plan')}`
    expect(await plan({ plan: { stdout, leaves: true } })).toBe(1)
  })

  test.each<readonly [string, Act, string | undefined]>([
    ['exit 0 with its word', { stdout: summary('apply') }, undefined],
    ['exit 0 without a word', {}, 'never said that it was done'],
    ['exit 0 with the word of a plan', { stdout: summary('plan') }, 'never said that it was done'],
    ['exit 0 with half a word', { stdout: summary('apply').slice(0, -10) }, 'never said that it was done'],
    ['its word and exit 2', { stdout: summary('apply'), code: 2 }, 'ended with code 2'],
    ['its word and a crash', { stdout: summary('apply'), signal: 'SIGSEGV' }, 'ended with signal SIGSEGV'],
  ])('R20 an apply of %s', async (_, act, said) => {
    await using fake = await fakeEngine({ ...GOOD, apply: act })
    const engine = await fake.open()
    const applied = engine.apply(fake.stack, fake.file)
    if (said === undefined) await expect(applied).resolves.toBeUndefined()
    else await expect(applied).rejects.toThrow(said)
  })

  test('R20 a plan that an earlier run has left is not taken for this one', async () => {
    await using fake = await fakeEngine({ ...GOOD, plan: { stdout: planned + summary('plan') } })
    const { writeFile } = await import('node:fs/promises')
    await writeFile(fake.file, 'of before')
    const engine = await fake.open()
    await expect(engine.plan(fake.stack, fake.file)).rejects.toThrow('never said that it was done')
  })
})
