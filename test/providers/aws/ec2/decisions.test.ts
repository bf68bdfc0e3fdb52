import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findCheckpoints } from '../../../../src/providers/aws/jobs/ec2/checkpoints.ts'
import { lifeAfter, NO_LIFE } from '../../../../src/providers/aws/jobs/ec2/life.ts'
import {
  firstOnDemand,
  nextPlacement,
  placementsOf,
} from '../../../../src/providers/aws/jobs/ec2/placement.ts'
import { replacementOf } from '../../../../src/providers/aws/jobs/ec2/replacement.ts'
import { MemoryObjects } from '../../../world/objects.ts'

const HOUR = 3_600_000

test('R35 every place is tried once, spot before on demand, and a quota ends a market', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
  fc.assert(
    fc.property(
      names,
      names,
      fc.boolean(),
      fc.array(fc.constantFrom('capacity' as const, 'quota' as const)),
      (machines, subnets, spot, refusals) => {
        const places = placementsOf({ machines, subnets, spot })
        expect(places).toHaveLength(machines.length * subnets.length * (spot ? 2 : 1))
        expect(places.slice(firstOnDemand(places)).every(({ market }) => market === 'on-demand')).toBe(true)
        let at: number | undefined = 0
        for (const refusal of refusals) {
          if (at === undefined) break
          const next: number | undefined = nextPlacement(places, at, refusal)
          if (next !== undefined) {
            expect(next).toBeGreaterThan(at)
            if (refusal === 'quota') expect(places[next]?.market).not.toBe(places[at]?.market)
          }
          at = next
        }
      },
    ),
  )
})

test.each([
  [{ lifetime: HOUR, spent: 0, launch: 1 }, HOUR / 4, { kind: 'another', market: 'any', spent: HOUR / 4 }],
  [{ lifetime: HOUR, spent: 0, launch: 3 }, HOUR / 4, { kind: 'another', market: 'on-demand' }],
  [{ lifetime: HOUR, spent: HOUR / 2, launch: 2 }, HOUR / 2, { kind: 'give-up', state: 'timed-out' }],
  [{ lifetime: HOUR, spent: 0, launch: 6 }, 1000, { kind: 'give-up', state: 'failed' }],
])('R35 what follows a machine that was taken away: %j after %d ms', (job, took, wanted) => {
  expect(replacementOf(job, took)).toMatchObject(wanted)
})

test('what a machine says is read word by word, and its first end counts', () => {
  const line = (text: string, at: number) => ({ at, text, stream: 'stdout' as const, revision: '' })
  const words = ['started', 'beat', 'exit 3', 'exit 0', 'exit of the world', 'interrupted']
  expect(lifeAfter(NO_LIFE, words.map(line))).toEqual({
    startedAt: 0,
    seenAt: 5,
    end: { kind: 'exit', code: 3, at: 2 },
    interrupted: true,
  })
  expect(lifeAfter(NO_LIFE, [line('broken no such image', 1)]).end).toMatchObject({ reason: 'no such image' })
})

const PLACE = 's3://bucket/checkpoints/train-1/'
const DIGEST = `sha256:${'0'.repeat(64)}`

/** What a machine writes, in its order: the data of each checkpoint, then its manifest. */
function writes(count: number): readonly { readonly path: string; readonly body: string }[] {
  return Array.from({ length: count }, (_, i) => i + 1).flatMap((n) => {
    const data = `data/train-1.1/at-${n}/`
    const files = ['a', 'b'].map((path) => ({ path, size: n + 1, digest: DIGEST }))
    const manifest = { schema: 'sluice.checkpoint/v1', name: `at-${n}`, data, files }
    return [
      ...files.map(({ path, size }) => ({ path: `${data}${path}`, body: 'x'.repeat(size) })),
      { path: `manifests/${String(n).padStart(6, '0')}.json`, body: JSON.stringify(manifest) },
    ]
  })
}

async function placed(
  all: readonly { readonly path: string; readonly body: string }[],
): Promise<MemoryObjects> {
  const objects = new MemoryObjects()
  for (const { path, body } of all) await objects.write(`${PLACE}${path}`, Buffer.from(body))
  return objects
}

test('R35 whatever the write that a machine dies at, the newest whole checkpoint is found and no torn one', async () => {
  const all = writes(4)
  for (let died = 0; died <= all.length; died++) {
    const { resume, next } = await findCheckpoints(await placed(all.slice(0, died)), PLACE)
    const whole = Math.floor(died / 3)
    expect(resume[0]).toBe(whole === 0 ? undefined : `${PLACE}manifests/00000${whole}.json`)
    expect(next).toBe(whole + 1)
  }
})

test.each([
  ['no JSON', '{"schema": "sluice.check'],
  ['of another kind', '{"schema": "sluice.release/v1"}'],
  ['empty', ''],
  ['of data that is not there', writes(9).at(-1)?.body ?? ''],
])('R35 a manifest that is %s is passed over for the one before', async (_, body) => {
  const objects = await placed([...writes(2), { path: 'manifests/000003.json', body }])
  const found = await findCheckpoints(objects, PLACE)
  expect(found).toEqual({
    resume: [`${PLACE}manifests/000002.json`, `${PLACE}manifests/000001.json`],
    next: 4,
  })
})

test('R35 a file of another size than its manifest says makes a checkpoint torn', async () => {
  const objects = await placed([...writes(2), { path: 'data/train-1.1/at-2/b', body: 'x' }])
  expect((await findCheckpoints(objects, PLACE)).resume).toEqual([`${PLACE}manifests/000001.json`])
})
