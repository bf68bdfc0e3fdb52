import * as z from 'zod'
import { externalError } from '../../domain/error.ts'
import { jittered } from '../../runtime/poll.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Billed, Billing } from '../ports/billing.ts'
import type { ProviderContext } from '../provider.ts'
import { type AwsSession, settingsFor } from './session.ts'
import { signedPost } from './signed-post.ts'
import { callTrouble, isPassing, type Need } from './trouble.ts'

const NEED: Need = { action: 'ce:GetCostAndUsage', resource: '*' }
const WHAT = 'asking what was billed'
const ANSWER_LIMIT = 4 * 1024 * 1024
/** Each page is billed itself, 0.01 dollars: more than these are not asked for. */
const PAGES = 10
const FIRST_PAUSE = 500

/** https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html#API_GetCostAndUsage_ResponseSyntax */
const answerSchema = z.looseObject({
  ResultsByTime: z.array(
    z.looseObject({
      TimePeriod: z.looseObject({ Start: z.iso.date() }),
      Groups: z
        .array(
          z.looseObject({
            Keys: z.array(z.string()).min(1),
            Metrics: z.looseObject({
              UnblendedCost: z.looseObject({ Amount: z.coerce.number(), Unit: z.string() }),
            }),
          }),
        )
        .default([]),
    }),
  ),
  NextPageToken: z.string().optional(),
})
type Answer = z.output<typeof answerSchema>

const refusalSchema = z.looseObject({ __type: z.string(), message: z.string().optional() })

/**
 * What Cost Explorer tells of an environment, by the tags that all of its stacks carry. It answers in us-east-1 for every region;
 * its client would weigh as much as all others together, for this one call.
 *
 * @see https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
 */
export function openBilling(
  { system, runtime }: Pick<ProviderContext, 'system' | 'runtime'>,
  session: AwsSession,
): Billing {
  return {
    async billed(since, before) {
      const days: Answer['ResultsByTime'][number][] = []
      let NextPageToken: string | undefined
      for (let page = 0; page < PAGES; page++) {
        const tag = (Key: string, value: string) => ({ Tags: { Key, Values: [value] } })
        const answer = await ask(session, runtime, {
          TimePeriod: { Start: since, End: before },
          Granularity: 'DAILY',
          Metrics: ['UnblendedCost'],
          Filter: {
            And: [tag('sluice:system', system.name), tag('sluice:environment', system.environment.name)],
          },
          GroupBy: [{ Type: 'TAG', Key: 'sluice:stack' }],
          ...(NextPageToken === undefined ? {} : { NextPageToken }),
        })
        days.push(...answer.ResultsByTime)
        NextPageToken = answer.NextPageToken
        if (NextPageToken === undefined) return summed(days)
      }
      throw externalError('service', { what: `${WHAT}: Cost Explorer has more than ${PAGES} pages` })
    },
  }
}

function summed(days: Answer['ResultsByTime']): Billed {
  const amounts = new Map<string, number>()
  let upTo: string | null = null
  let currency = 'USD'
  for (const { TimePeriod, Groups } of days) {
    for (const { Keys, Metrics } of Groups) {
      // `sluice:stack$compute`
      const stack = Keys[0]?.replace(/^[^$]*\$/, '') ?? ''
      amounts.set(stack, (amounts.get(stack) ?? 0) + Metrics.UnblendedCost.Amount)
      currency = Metrics.UnblendedCost.Unit
      if (upTo === null || TimePeriod.Start > upTo) upTo = TimePeriod.Start
    }
  }
  return {
    lines: [...amounts].map(([stack, amount]) => ({ stack, amount })),
    currency,
    upTo,
    // https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html
    delay: 'AWS adds to it once a day',
    // https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
    unfound:
      'activate sluice:system, sluice:environment and sluice:stack as cost allocation tags in the Billing console of the account that pays; AWS counts from then on, a day later',
  }
}

async function ask(
  session: AwsSession,
  { http, clock, random }: Pick<Runtime, 'http' | 'clock' | 'random'>,
  body: object,
): Promise<Answer> {
  const { maxAttempts, requestHandler } = session.clients
  const { abortSignal: signal } = session.call
  for (let attempt = 1; ; attempt++) {
    try {
      const request = await signed(session, JSON.stringify(body), clock.now())
      const response = await http.request({ ...request, timeout: requestHandler.requestTimeout, signal })
      const text = await response.text(ANSWER_LIMIT)
      if (response.status === 200) return answerSchema.parse(JSON.parse(text))
      throw new Refused(response.status, text)
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error) || attempt >= maxAttempts) throw callTrouble(WHAT, NEED, error)
      await clock.sleep(jittered(FIRST_PAUSE * 2 ** (attempt - 1), random), signal)
    }
  }
}

/** As the JSON protocol refuses: `{ "__type": "AccessDeniedException", "message": "..." }`. */
class Refused extends Error {
  readonly $metadata: { readonly httpStatusCode: number }

  constructor(status: number, text: string) {
    const known = refusalSchema.safeParse(parsed(text))
    super(known.data?.message ?? `status ${status}`)
    this.name = known.data?.__type.replace(/^.*#/, '') ?? `Status${status}`
    this.$metadata = { httpStatusCode: status }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function signed(session: AwsSession, body: string, now: number) {
  const { endpoint } = settingsFor(session, 'COST_EXPLORER')
  const url = new URL(endpoint ?? 'https://ce.us-east-1.amazonaws.com')
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSInsightsIndexService.GetCostAndUsage',
  }
  return signedPost(session, { service: 'ce', region: 'us-east-1', url, headers, body }, now)
}
