import * as z from 'zod'
import { duration, httpPath, line, name, percent } from './text.ts'

const errorRate = z.strictObject({
  service: name
    .optional()
    .describe('Only this service, or on AWS this function; default every service with a port'),
  margin: z
    .number()
    .min(0)
    .max(100)
    .default(1)
    .describe('Percentage points by which errors may exceed those of the live release'),
  'min-requests': z.int().min(1).default(100).describe('Fewer requests are no evidence'),
  alpha: z.number().gt(0).lt(0.5).default(0.05).describe('One-sided error budget of the comparison'),
})

const latency = z.strictObject({
  service: name.optional().describe('Only this service; default every service with a port'),
  p95: duration.describe('What 95 of 100 real requests to the new release may take'),
  'min-requests': z.int().min(1).default(100).describe('Fewer requests are no evidence'),
})

const check = z
  .strictObject({
    http: httpPath.optional().describe('Probes this path of the new revision'),
    service: name.optional().describe('Probes only this service; default every service with a port'),
    status: z.int().min(100).max(599).optional().describe('Status a probe must answer; default 200'),
    contains: line.optional().describe('Text that the answer must contain'),
    p95: duration.optional().describe("95th percentile of the probes' latency"),
    requests: z.int().min(1).max(10_000).optional().describe('Probes a step; default 20'),
    alarm: line.optional().describe('Alarm of the cloud that must stay quiet'),
    'error-rate': errorRate.optional().describe('Compares errors of the new and the live release'),
    latency: latency.optional().describe('How long the cloud says that real requests take'),
  })
  .describe('One of http, alarm, error-rate and latency')

export const rollout = z
  .strictObject({
    strategy: z
      .enum(['rolling', 'canary', 'linear', 'blue-green'])
      .default('canary')
      .describe('How traffic moves to the new release'),
    steps: z
      .array(percent)
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Rising shares of the traffic, the last 100%; default 10%, 50%, 100% for canary, 10%, 100% on AWS',
      ),
    bake: duration.default('5m').describe('How long each step is watched'),
    checks: z.array(check).default([]).describe('What must hold at every step'),
    'start-timeout': duration.default('5m').describe('Time for a new revision to become healthy'),
    timeout: duration.default('1h').describe('Time for the whole rollout'),
    'allow-zero': z.boolean().default(false).describe('A service with no running copy counts as rolled out'),
  })
  .describe('How one release replaces another')
