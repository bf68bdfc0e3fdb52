import { expect, test } from 'vitest'
import { bigQuery } from '../../world/cloud-world/http/run/bigquery.ts'
import { runWorld, systemOf } from './run-world.ts'

const TABLE = 'billing-prod.costs.gcp_billing_export_v1_0A1B2C'
const LABELS = { 'sluice-system': 'films', 'sluice-environment': 'test' }

function opened(billingExport: string | undefined = TABLE) {
  const query = bigQuery()
  const { environment } = systemOf([])
  const system = {
    environment: { ...environment, ...(billingExport === '' ? {} : { billingExport }) },
  }
  const { provider } = runWorld({ apis: [query.api], system })
  return { query, billed: () => provider.billing?.billed('2026-10-22', '2026-11-21'), provider }
}

test('what was billed is read from the export, for this environment of this system alone', async () => {
  const { query, billed } = opened()
  const labels = (stack: string) => ({ ...LABELS, 'sluice-stack': stack })
  query.tables.set(TABLE, [
    { day: '2026-11-01', amount: 1.5, labels: labels('compute') },
    { day: '2026-11-19', amount: 2, labels: labels('compute') },
    { day: '2026-11-02', amount: 0.25, labels: labels('data') },
    { day: '2026-11-02', amount: 9, labels: { ...labels('data'), 'sluice-environment': 'production' } },
  ])
  expect(await billed()).toMatchObject({
    lines: [
      { stack: 'compute', amount: 3.5 },
      { stack: 'data', amount: 0.25 },
    ],
    currency: 'EUR',
    upTo: '2026-11-19',
  })
  // It can cost no more than this reads.
  expect(query.asked).toEqual([
    expect.objectContaining({ maximumBytesBilled: String(10 * 2 ** 30), useLegacySql: false }),
  ])
})

test('an export without this environment finds nothing, and what to see after is said', async () => {
  const { query, billed } = opened()
  query.tables.set(TABLE, [])
  expect(await billed()).toMatchObject({
    upTo: null,
    unfound: expect.stringContaining('when it was switched on'),
  })
})

test('R24 an export that is not there, or not answered in time, is no bill of nothing', async () => {
  const { query, billed } = opened()
  await expect(billed()).rejects.toMatchObject({ message: expect.stringContaining(TABLE) })
  query.tables.set(TABLE, [])
  query.slow = true
  await expect(billed()).rejects.toMatchObject({ outcome: 'external' })
})

test('without an export in sluice.yml nothing is asked', () => {
  expect(opened('').provider.billing).toBeUndefined()
})
