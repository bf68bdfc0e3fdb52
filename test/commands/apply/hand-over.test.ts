import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { takeOver } from '../../../src/commands/apply/hand-over.ts'
import { digestOf } from '../../../src/domain/digest.ts'
import type { Artifact } from '../../../src/github/runs.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'

const STATE = '/project/.sluice/production'
const OLD = { [`${STATE}/approval.json`]: 'old', [`${STATE}/stacks/gone/main.tf`]: 'old' }
const bytes = (text: string): Uint8Array => Buffer.from(text)
const GOOD = {
  'approval.json': bytes('{}'),
  'plans/data.tfplan': bytes('plan'),
  'stacks/stacks.json': bytes('[]'),
  'stacks/data/cdk.tf.json': bytes('{}'),
  'stacks/data/.terraform.lock.hcl': bytes('lock'),
}

async function take(zip: Uint8Array, change: Partial<Artifact> = {}) {
  const { files } = fakeRuntime({ files: OLD })
  const artifact: Artifact = {
    id: 5,
    name: 'sluice-plan-production',
    size: zip.length,
    digest: digestOf(zip),
    expired: false,
    run: 9,
    ...change,
  }
  const fetched: number[] = []
  const runs = {
    artifacts: async () => [artifact],
    archive: async (id: number) => {
      fetched.push(id)
      return zip
    },
  }
  const taken = takeOver(files, runs, 9, { system: 'films', environment: 'production', state: STATE })
  const error = await taken.then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  const read = async (name: string) => Buffer.from((await files.read(`${STATE}/${name}`)) ?? '').toString()
  return { error, fetched, read, files }
}

describe('R14 a plan that another job hands over', () => {
  test('R14 stands alone: nothing of an earlier plan stays beside it', async () => {
    const { error, fetched, read } = await take(zipSync(GOOD))
    expect(error).toBeUndefined()
    expect(fetched).toEqual([5])
    expect(await read('plans/data.tfplan')).toBe('plan')
    expect(await read('stacks/data/.terraform.lock.hcl')).toBe('lock')
    expect(await read('approval.json')).toBe('{}')
    expect(await read('stacks/gone/main.tf')).toBe('')
  })

  const bomb = zipSync({ ...GOOD, 'plan.json': new Uint8Array(600 * 1024 * 1024) }, { level: 1 })
  const CASES: readonly (readonly [string, Uint8Array, Partial<Artifact>, string])[] = [
    ['leaves its folder', zipSync({ ...GOOD, '../../../x': bytes('x') }), {}, 'does not hand over'],
    [
      'brings what the engine would run',
      zipSync({ ...GOOD, 'stacks/data/.terraform/providers/x': bytes('x') }),
      {},
      'does not hand over',
    ],
    ['is a bomb', bomb, {}, 'larger than'],
    ['has other bytes than were uploaded', zipSync(GOOD), { digest: digestOf('x') }, 'not those that were'],
    ['is too large to fetch', zipSync(GOOD), { size: 2 ** 30 }, 'its archive is larger'],
    ['is no archive', bytes('PK'), {}, 'no zip archive'],
    ['is of another run', zipSync(GOOD), { run: 8 }, 'is of run 8'],
  ]

  test.each(CASES)(
    'R14 and that %s is refused, and the state is as it was',
    async (_name, zip, change, why) => {
      const { error, read } = await take(zip, change)
      expect(error).toMatchObject({ outcome: 'refused', message: expect.stringContaining(why) })
      expect(await read('approval.json')).toBe('old')
      expect(await read('stacks/gone/main.tf')).toBe('old')
    },
  )

  test('R14 of 100,000 entries is refused by its directory', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => [`stacks/data/${index}`, bytes('')])
    const { error } = await take(zipSync({ ...GOOD, ...Object.fromEntries(names) }, { level: 0 }))
    // The writer of the test counts in 16 bits, as most do.
    expect(error?.message).toMatch(/it has \d{5} entries, and at most 10000 are taken/)
  })

  test('R14 a link in it becomes a file, which leads nowhere', async () => {
    const link = { os: 3, attrs: 0o120777 * 2 ** 16 }
    const { error, read, files } = await take(
      zipSync({ ...GOOD, 'plans/data.tfplan': [bytes('/etc/passwd'), link] }),
    )
    expect(error).toBeUndefined()
    expect(await files.stat(`${STATE}/plans/data.tfplan`)).toMatchObject({ kind: 'file' })
    expect(await read('plans/data.tfplan')).toBe('/etc/passwd')
  })
})
