import { afterEach, beforeEach, expect, test } from 'vitest'
import { openBilling } from '../../../src/providers/aws/billing.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeHttp } from '../../../src/runtime/node/http.ts'
import { shop } from '../../world/cloud.ts'
import { type CostDoor, openCostExplorer } from '../../world/cloud-world/http/cost-explorer.ts'
import { testSession } from './session.ts'

let door: CostDoor
beforeEach(async () => {
  door = await openCostExplorer()
  for (const tag of ['sluice:system', 'sluice:environment', 'sluice:stack']) door.activated.add(tag)
})
afterEach(() => door[Symbol.asyncDispose]())

const TAGS = { 'sluice:system': 'shop', 'sluice:environment': 'test' }
const cost = (day: string, amount: number, stack: string, others = {}) =>
  door.costs.push({ day, amount, tags: { ...TAGS, 'sluice:stack': stack, ...others } })

const billed = (attempts = 1) => {
  const runtime = { ...fakeRuntime(), http: nodeHttp }
  const session = testSession({ endpoint: door.url, attempts })
  return openBilling({ system: shop(), runtime }, session).billed('2026-10-22', '2026-11-21')
}

test('what was billed is summed by stack, for this environment of this system alone', async () => {
  cost('2026-11-01', 1.5, 'compute')
  cost('2026-11-02', 2, 'compute')
  cost('2026-11-02', 0.25, 'data')
  cost('2026-11-03', 100, 'compute', { 'sluice:environment': 'production' })
  cost('2026-11-21', 100, 'compute')
  expect(await billed()).toMatchObject({
    lines: [
      { stack: 'compute', amount: 3.5 },
      { stack: 'data', amount: 0.25 },
    ],
    currency: 'USD',
    upTo: '2026-11-02',
  })
})

test('a bill of several pages is read to its end', async () => {
  door.pageSize = 7
  cost('2026-10-22', 1, 'compute')
  cost('2026-11-20', 2, 'compute')
  expect(await billed()).toMatchObject({ lines: [{ amount: 3 }], upTo: '2026-11-20' })
  expect(door.requests).toHaveLength(5)
})

test('tags that nobody has activated find nothing, and what to do is said', async () => {
  cost('2026-11-01', 1, 'compute')
  door.activated.clear()
  expect(await billed()).toMatchObject({
    lines: [],
    upTo: null,
    unfound: expect.stringMatching(/activate sluice:system.*cost allocation tags/),
  })
})

test('R24 a permission that is missing is named', async () => {
  door.faults = () => ({ kind: 'answer', status: 400, code: 'AccessDeniedException', message: 'not allowed' })
  await expect(billed()).rejects.toMatchObject({
    outcome: 'cannot-observe',
    problems: [{ rule: 'it needs ce:GetCostAndUsage on *' }],
  })
})

test('R26 what is throttled is asked again, and not for ever', async () => {
  cost('2026-11-01', 1, 'compute')
  door.faults = (_, number) =>
    number === 1 ? { kind: 'answer', status: 400, code: 'ThrottlingException' } : undefined
  expect(await billed(3)).toMatchObject({ upTo: '2026-11-01' })
  door.faults = () => ({ kind: 'answer', status: 400, code: 'ThrottlingException' })
  await expect(billed(3)).rejects.toMatchObject({ outcome: 'external' })
  expect(door.requests).toHaveLength(5)
})
