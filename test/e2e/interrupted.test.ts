import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectFailure, type Moody, moody } from './moody.ts'

/** Rollouts that are cut off, doubled, or that find their ledger damaged: traffic is on one release, whatever happens. */
let sluice: Moody

beforeAll(async () => {
  sluice = await moody()
  const { code, stderr } = await sluice.run('release')
  expect(code, stderr).toBe(0)
  await sluice.build('two')
})
afterAll(() => sluice.close())

const slowly = (): void => sluice.configure(['bake: 200ms', 'bake: 30s'])
const shares = async (): Promise<readonly number[]> => {
  const { json } = await sluice.run('operate', 'status')
  const services = json['services'] as { revisions: { weight: number }[] }[]
  return services.flatMap(({ revisions }) => revisions.map(({ weight }) => weight))
}

test('R30 of two rollouts at once one goes on and the other is told who holds the lock', async () => {
  slowly()
  const first = sluice.start('rollout')
  await first.says('traffic on release 2 (50 %)')
  const second = await sluice.run('rollout')
  expectFailure(second, 'locked', new RegExp(`a rollout by .*process ${first.pid} on`), /--wait-lock/)
  first.kill('SIGINT')
  const ended = await first.ended
  expectFailure(ended, 'cancelled', /the release before serves again, verified/, /roll out again/)
  expect(sluice.resultFile()).toMatchObject({ outcome: 'cancelled', code: 10 })
  expect(await shares()).toEqual([100])
  expect(await sluice.served()).toBe('one')
})

test('R48 a second Ctrl-C ends at once with code 10 and leaves no result of the command before', async () => {
  slowly()
  const rollout = sluice.start('rollout')
  await rollout.says('traffic on release 2 (50 %)')
  rollout.kill('SIGINT')
  await rollout.says('once more ends at once')
  rollout.kill('SIGINT')
  const { code, stderr } = await rollout.ended
  expect(code).toBe(10)
  // The way back may have ended before the second one came.
  if (sluice.resultFile() === undefined) expect(stderr).toContain('run the command again to go on from here')
  else expect(sluice.resultFile()).toMatchObject({ outcome: 'cancelled' })
})

test('R28 a rollout that was killed is taken up by the next one, under the same number', async () => {
  slowly()
  const rollout = sluice.start('rollout')
  await rollout.says('traffic on release 2 (50 %)')
  rollout.kill('SIGKILL')
  await rollout.ended
  expect(sluice.resultFile()).toBeUndefined()
  sluice.configure()
  const again = await sluice.run('rollout')
  expect(again.code, again.stderr).toBe(0)
  expect(again.json).toMatchObject({ outcome: 'done', sequence: 2 })
  expect(await shares()).toEqual([100])
  expect(await sluice.served()).toBe('two')
})

test('R48 a damaged or missing object of the ledger is named, nothing is overwritten, and its remedy works', async () => {
  const at = (name: string): string => join(sluice.folder, '.sluice/local/cloud/ledger', name)
  const damages: readonly (readonly [string, RegExp, RegExp])[] = [
    ['live.json', /ledger\/live\.json/, /put this into .*live\.json: \{/],
    ['releases/2.json', /ledger\/releases\/2\.json/, /restore the object from a backup/],
  ]
  for (const [name, why, remedy] of damages) {
    const before = readFileSync(at(name), 'utf8')
    writeFileSync(at(name), '{"schema"')
    expectFailure(await sluice.run('rollout'), 'cannot-observe', why, remedy)
    expect(readFileSync(at(name), 'utf8')).toBe('{"schema"')
    rmSync(at(name))
    const missing = await sluice.run('rollout')
    expectFailure(missing, 'cannot-observe', why, remedy)
    const told = /put this into \S+: (\{.*\})$/m.exec(String(missing.json['remedy']))?.[1]
    writeFileSync(at(name), told ?? before)
    const mended = await sluice.run('rollout')
    expect(mended.code, mended.stderr).toBe(0)
    expect(mended.json['changes']).toBe(false)
  }
  writeFileSync(at('lock.json'), '')
  expectFailure(
    await sluice.run('rollout'),
    'cannot-observe',
    /ledger\/lock\.json.*empty/,
    /remove this object/,
  )
  rmSync(at('lock.json'))
  expect((await sluice.run('rollout')).code).toBe(0)
  expect(await sluice.served()).toBe('two')
})
