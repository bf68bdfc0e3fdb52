import * as z from 'zod'
import { bucket, cache, database, table, topic } from './data.ts'
import { environment } from './environment.ts'
import { api, func } from './function.ts'
import { guards } from './guards.ts'
import { image } from './image.ts'
import { infra } from './infra.ts'
import { model } from './model.ts'
import { pipeline } from './pipeline.ts'
import { rollout } from './rollout.ts'
import { service } from './service.ts'
import { name, resource } from './text.ts'
import { worker } from './worker.ts'

const named = <T extends z.ZodType>(value: T, description: string) =>
  z.record(name, value).default({}).describe(description)

/**
 * sluice.yml as it is written: text with units, references by name. The JSON Schema of editors, the compiled validator
 * and the types of the resolver all come from here (`node scripts/schema.ts`); zod itself is not loaded to read a file.
 */
export const configSchema = z
  .strictObject({
    system: name.describe('Name of the system; part of the names of its resources'),
    environments: z.record(name, environment).describe('Where the system runs; at least one'),
    images: named(image, 'Images that services, functions, workers and steps run'),
    services: named(service, 'Long-running containers'),
    functions: named(func, 'Functions'),
    apis: named(api, 'HTTP APIs in front of functions'),
    workers: named(worker, 'GPU machines'),
    databases: named(database, 'SQL servers'),
    buckets: named(bucket, 'Object storage'),
    tables: named(table, 'Key-value tables'),
    topics: named(topic, 'Message topics'),
    caches: named(cache, 'In-memory caches'),
    pipelines: named(pipeline, 'Graphs of jobs'),
    models: named(model, 'Registered models and their gates'),
    rollout: rollout.prefault({}).describe('How one release replaces another'),
    components: z
      .record(name, z.array(name).min(1))
      .default({})
      .describe('Further stacks that are planned on their own: component -> its resources'),
    renamed: z
      .record(resource, resource)
      .default({})
      .describe('Names that were changed, old -> new: their resources move in place of being made again'),
    guards: guards.optional(),
    infra: infra.optional(),
  })
  .describe('A machine-learning system, from its repository to the cloud')

/** With every default filled in. */
export type Config = z.output<typeof configSchema>
