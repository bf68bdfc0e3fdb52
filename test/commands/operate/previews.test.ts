import { describe, expect, test } from 'vitest'
import type { World } from '../../../src/commands/command.ts'
import { operate } from '../../../src/commands/operate.ts'
import type { PullState } from '../../../src/domain/system/preview.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { MemoryObjects } from '../../world/objects.ts'

const STATES = 's3://sluice-state-333333333333-eu-west-1/films/pr'
const FILE = `system: films
environments:
  pr: { cloud: aws, region: eu-west-1, account: "333333333333", preview: { keep: 3d } }
`

/** A machine without a compiler, so that no preview can be removed; both have a state. */
async function place(pulls: (number: number) => PullState): Promise<{ world: World; runtime: FakeRuntime }> {
  const runtime = fakeRuntime({ files: { '/project/sluice.yml': FILE } })
  const objects = new MemoryObjects()
  for (const number of [7, 8])
    await objects.write(`${STATES}/preview-${number}/foundation.tfstate`, Buffer.from('{}'))
  const provider = { objects, close: async () => {} } as unknown as Provider
  const request = { file: 'sluice.yml', environment: 'pr', dryRun: false }
  const at = async (number: number): Promise<PullState> => pulls(number)
  return { world: { runtime, request, pulls: { at }, openProvider: async () => provider }, runtime }
}

const closed = { open: false, touchedAt: 0 }

describe('a preview that cannot go', () => {
  test('holds up no other: each is tried and told, and the command fails', async () => {
    const { world, runtime } = await place(() => closed)
    await expect(operate(world, { operation: 'reap', yes: true })).rejects.toThrow('without a compiler')
    const told = runtime.events.flatMap((event) => (event.kind === 'message' ? [event.text] : []))
    expect(told).toEqual([
      expect.stringMatching(/^preview pr-7 stays for now: .*without a compiler/),
      expect.stringMatching(/^preview pr-8 stays for now: .*without a compiler/),
    ])
    const rows = runtime.events.flatMap((event) => (event.kind === 'table' ? event.rows : []))
    expect(rows.map(([name, how]) => [name, how])).toEqual([
      ['pr-7', 'stays for now'],
      ['pr-8', 'stays for now'],
    ])
  })
})

test('R34 a preview of whose pull request nothing is known is kept, and without --yes nothing goes', async () => {
  const { world } = await place((number) => (number === 7 ? closed : undefined))
  const report = await operate(world, { operation: 'reap' })
  expect(report.message).toBe('1 of 2 previews would be removed; add --yes to do it')
  expect(report.data).toMatchObject({ previews: ['pr-7'], ended: false })
})
