import * as z from 'zod'
import { externalError } from '../../domain/error.ts'
import { dashed } from '../../domain/names/aws-names.ts'
import type { System } from '../../domain/system/system.ts'
import type { Billing } from '../ports/billing.ts'
import type { GcpClient } from './client.ts'

/** Milliseconds for the query; a bill of a month is small. */
const TAKES = 20_000
/** Bytes that it may read: what reads more costs nothing and says so. */
const MOST = 10 * 2 ** 30

const text = z.looseObject({ v: z.string() })
/** A row of the answer: its columns are those of the query. */
const rowSchema = z
  .looseObject({
    f: z.tuple([text, text, z.looseObject({ v: z.coerce.number() }), z.looseObject({ v: z.iso.date() })]),
  })
  .transform(({ f: [stack, currency, amount, day] }) => ({
    stack: stack.v,
    currency: currency.v,
    amount: amount.v,
    day: day.v,
  }))

/** https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query#response-body */
const answerSchema = z.looseObject({
  jobComplete: z.boolean().default(false),
  rows: z.array(rowSchema).default([]),
})

/**
 * Columns of the export, credits included: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage.
 * The partitions are of the day on which rows came.
 */
const queryOf = (table: string): string => `
SELECT IFNULL((SELECT value FROM UNNEST(labels) WHERE key = 'sluice-stack'), ''), currency,
  SUM(cost) + SUM(IFNULL((SELECT SUM(amount) FROM UNNEST(credits)), 0)), FORMAT_TIMESTAMP('%F', MAX(usage_start_time))
FROM \`${table}\`
WHERE _PARTITIONTIME >= TIMESTAMP(@since)
  AND usage_start_time >= TIMESTAMP(@since) AND usage_start_time < TIMESTAMP(@before)
  AND EXISTS (SELECT 1 FROM UNNEST(labels) WHERE key = 'sluice-system' AND value = @system)
  AND EXISTS (SELECT 1 FROM UNNEST(labels) WHERE key = 'sluice-environment' AND value = @environment)
GROUP BY 1, 2`

/** What the export of the billing account to BigQuery tells of an environment, by the labels of its resources. */
export function openBilling(
  client: GcpClient,
  { project, table, system }: { readonly project: string; readonly table: string; readonly system: System },
): Billing {
  return {
    async billed(since, before) {
      const given = {
        since,
        before,
        system: dashed(system.name),
        environment: dashed(system.environment.name),
      }
      const { jobComplete, rows: found } = await client.json(
        {
          service: 'bigquery',
          method: 'POST',
          path: `/bigquery/v2/projects/${project}/queries`,
          // It reads; a second one changes nothing.
          repeatable: true,
          body: {
            query: queryOf(table),
            useLegacySql: false,
            timeoutMs: TAKES,
            maximumBytesBilled: String(MOST),
            parameterMode: 'NAMED',
            queryParameters: Object.entries(given).map(([name, value]) => ({
              name,
              parameterType: { type: 'STRING' },
              parameterValue: { value },
            })),
          },
        },
        answerSchema,
      )
      if (!jobComplete) {
        throw externalError('service', { what: `${table}: BigQuery had no answer within ${TAKES / 1000} s` })
      }
      return {
        lines: found.map(({ stack, amount }) => ({ stack, amount })),
        currency: found[0]?.currency ?? 'USD',
        upTo:
          found
            .map(({ day }) => day)
            .toSorted()
            .at(-1) ?? null,
        // https://cloud.google.com/billing/docs/how-to/export-data-bigquery#data_availability
        delay: 'Google exports usage hours to a day or more after it',
        unfound: `see that ${table} is the export of the billing account that pays for ${project}, and when it was switched on: usage before that is not in it`,
      }
    },
  }
}
