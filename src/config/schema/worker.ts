import * as z from 'zod'
import { command, connects, duration, env, name, path, secrets, size } from './text.ts'

export const machine = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/)
  .meta({ title: 'a machine type', examples: ['g5.xlarge', 'g2-standard-4'] })

export const worker = z
  .strictObject({
    image: name.optional().describe('Which of `images` it runs; this or `script`'),
    script: path.optional().describe('Script that runs at every boot, relative to sluice.yml'),
    command: command.optional().describe("Argument vector in place of the image's own"),
    machine: machine.optional().describe('Machine type; default the smallest with the GPUs asked for'),
    gpu: z.int().min(0).max(16).default(1).describe('GPUs'),
    disk: size.default('100GiB').describe('Disk'),
    spot: z.boolean().default(false).describe('Cheaper capacity that can be taken away'),
    'idle-stop': duration.default('30m').describe('Stops itself after this time without work'),
    'max-lifetime': duration.default('24h').describe('No machine outlives this'),
    'stop-timeout': duration
      .default('2m')
      .describe('Time that its work has to end when a release takes its place'),
    env: env.default({}).describe('Environment variables'),
    secrets: secrets.default({}).describe('Environment variable -> name of the secret'),
    connects: connects.default([]).describe('Resources whose addresses it is given and may reach'),
  })
  .describe('A machine, usually with GPUs, that works at a queue or a bucket')
