import * as z from 'zod'
import { command, connects, domain, duration, env, httpPath, name, port, secrets, size } from './text.ts'

/** What every container has. */
export const container = {
  image: name.describe('Which of `images` it runs'),
  command: command.optional().describe("Argument vector in place of the image's own; no shell"),
  env: env.default({}).describe('Environment variables'),
  secrets: secrets
    .default({})
    .describe("Environment variable -> name of the secret in the cloud's secret store"),
}

/** Each half may be given alone. */
export const sizeOf = (otherwise: { cpu: number; memory: string }) =>
  z
    .strictObject({
      cpu: z.number().min(0.25).max(96).default(otherwise.cpu).describe('vCPU'),
      memory: size.default(otherwise.memory).describe('Memory'),
    })
    .default(otherwise)

const scale = z.strictObject({
  min: z.int().min(0).max(1000).default(1).describe('Fewest copies'),
  max: z.int().min(1).max(1000).optional().describe('Most copies; default `min`'),
  cpu: z
    .int()
    .min(10)
    .max(95)
    .optional()
    .describe('Target CPU utilisation in percent; absent: no autoscaling'),
})

export const service = z
  .strictObject({
    ...container,
    port: port.optional().describe('Where it listens, told to it as PORT; absent: it takes no requests'),
    health: httpPath.optional().describe('HTTP path that answers 200 when it can take traffic'),
    size: sizeOf({ cpu: 0.5, memory: '1GiB' }).describe('Size of one copy'),
    scale: scale.default({ min: 1 }).describe('How many copies'),
    domain: domain.optional().describe('DNS name it is served under'),
    public: z
      .boolean()
      .optional()
      .describe('Reachable from the internet; default: exactly when it has a domain'),
    model: name.optional().describe('Which of `models` it loads and reports at its health path'),
    connects: connects.default([]).describe('Resources whose addresses it is given and may reach'),
    sidecars: z
      .record(name, z.strictObject(container).describe("A container beside the service's own"))
      .default({})
      .describe('Further containers of the same copy'),
    'stop-timeout': duration.default('30s').describe('Time from SIGTERM to SIGKILL'),
    local: z
      .strictObject({ port: port.optional().describe('Host port; default any free one') })
      .optional()
      .describe('On cloud local only'),
  })
  .describe('A long-running container')
