import * as z from 'zod'
import { connects, domain, duration, env, httpPath, line, name, path, secrets, size } from './text.ts'

const check = z
  .strictObject({
    payload: z.record(z.string(), z.unknown()).optional().describe('Event that it is given; this or `http`'),
    http: httpPath.optional().describe('Path of a GET, handed over as its API would'),
    status: z.int().min(100).max(599).optional().describe('With `http`: status it must answer; default 200'),
    contains: line.optional().describe('Text that the answer must contain'),
  })
  .describe('How a new version is called on AWS before it gets any traffic; it answers within 30 s')

export const func = z
  .strictObject({
    image: name.optional().describe('Which of `images` it runs; this or `source`'),
    source: path.optional().describe('Folder with the code, relative to sluice.yml'),
    handler: line.optional().describe('`file.export`; with `source`'),
    runtime: line.optional().describe("Language runtime in the cloud's words, nodejs22.x; with `source`"),
    memory: size.default('256MiB').describe('Memory'),
    timeout: duration.default('30s').describe('Longest run'),
    check: check.optional(),
    env: env.default({}).describe('Environment variables'),
    secrets: secrets.default({}).describe('Environment variable -> name of the secret'),
    connects: connects.default([]).describe('Resources whose addresses it is given and may reach'),
  })
  .describe('A function: Lambda, or a Cloud Run function')

const route = z
  .string()
  .regex(/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY) \/[!-~]*$/)
  .meta({ title: 'a method and a path', examples: ['GET /get-video', 'PUT /{bucket}/{file}'] })

export const api = z
  .strictObject({
    domain: domain.optional().describe('DNS name it is served under'),
    routes: z.record(route, name).describe('Method and path -> function'),
    cors: z.boolean().default(false).describe('Answers browsers of other origins'),
  })
  .describe('An HTTP API in front of functions')
