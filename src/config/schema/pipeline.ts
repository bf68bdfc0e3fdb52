import * as z from 'zod'
import { ENGINES } from '../../domain/system/step.ts'
import { container, sizeOf } from './service.ts'
import { connects, duration, line, location, name, value } from './text.ts'
import { machine } from './worker.ts'

const step = z
  .strictObject({
    ...container,
    needs: z.array(name).default([]).describe('Steps that must have ended before'),
    inputs: z
      .record(name, location)
      .default({})
      .describe('What it reads: bucket/key, bucket/prefix/ or ./file of the repository'),
    outputs: z.record(name, location).default({}).describe('What it writes: bucket/key or bucket/prefix/'),
    parameters: z
      .array(name)
      .optional()
      .describe("Of the pipeline's parameters, those it is given and depends on; default all"),
    connects: connects.default([]).describe('Resources whose addresses it is given and may reach'),
    engine: z
      .enum(ENGINES)
      .optional()
      .describe('Where it runs in a cloud; default chosen by gpu and size; `process` on local'),
    size: sizeOf({ cpu: 1, memory: '2GiB' }).describe('Size of the job'),
    gpu: z.int().min(0).max(16).default(0).describe('GPUs'),
    machine: machine.optional().describe('Machine type; default the smallest that fits'),
    nodes: z.int().min(1).max(64).default(1).describe('Machines that work together'),
    array: z
      .int()
      .min(2)
      .max(10_000)
      .optional()
      .describe('Containers that share the work, each told its number; engine batch'),
    spot: z.boolean().default(false).describe('Cheaper capacity that can be taken away'),
    timeout: duration.default('1h').describe('Longest run'),
    retries: z.int().min(0).max(10).default(0).describe('Further attempts after a failure'),
    'max-cost': z.number().gt(0).max(100_000).optional().describe('US dollars that a run may cost'),
  })
  .describe('A job with declared inputs and outputs; it runs again only when its inputs changed')

export const pipeline = z
  .strictObject({
    schedule: line.optional().describe('monthly, weekly, daily, or five cron fields as GitHub reads them'),
    parameters: z.record(name, value).default({}).describe('Given to steps as SLUICE_PARAM_<NAME>'),
    steps: z.record(name, step).describe('The steps of the graph'),
  })
  .describe('A graph of steps')
