import { join } from 'node:path'
import type { ProviderContext } from '../provider.ts'
import { apiEngine } from './apis/engine.ts'
import { cacheEngine } from './caches/engine.ts'
import { cloudFolder } from './daemon/record.ts'
import type { EmbeddedEngine, Surroundings } from './engine.ts'
import { functionsEngine } from './functions/engine.ts'
import { modelsEngine } from './models/engine.ts'
import { objectsEngine } from './objects/engine.ts'
import { postgresEngine } from './postgres/engine.ts'
import { tablePrefix } from './tables/definition.ts'
import { tablesEngine } from './tables/engine.ts'
import { topicsEngine } from './topics/engine.ts'
import { workersEngine } from './workers/engine.ts'

/** What an AWS SDK is told where sluice.yml names no region. */
const REGION = 'us-east-1'

/** What an engine sees that is started by itself. */
const ALONE: Surroundings = { endpoints: () => [], servicePorts: () => ({}) }

/** The servers of an environment on cloud `local`, from objects to the model registry. Nothing is started yet. */
export function enginesFor(
  { runtime, system, root, state }: ProviderContext,
  surroundings: Surroundings = ALONE,
): readonly EmbeddedEngine[] {
  const folder = cloudFolder(state)
  const region = system.environment.region ?? REGION
  const objects = join(folder, 'objects')
  const { functions } = system
  const { engine: lambda, invoke } = functionsEngine({
    runtime,
    functions,
    folder,
    region,
    root,
    surroundings,
  })
  return [
    objectsEngine({ runtime, folder: objects, buckets: system.buckets, region }),
    ...Object.values(system.databases).map((database) =>
      postgresEngine({ runtime, database, folder: join(folder, 'postgres', database.name), root }),
    ),
    ...(Object.keys(system.tables).length === 0
      ? []
      : [
          tablesEngine({
            runtime,
            tables: system.tables,
            folder: join(folder, 'tables'),
            objects,
            region,
            prefix: tablePrefix({ system: system.name, environment: system.environment.name }),
            root,
          }),
        ]),
    ...(Object.keys(functions).length === 0 ? [] : [lambda]),
    ...(Object.keys(system.workers).length === 0
      ? []
      : [
          workersEngine({
            runtime,
            workers: system.workers,
            folder,
            region,
            root,
            surroundings,
            tags: { 'sluice:system': system.name, 'sluice:environment': system.environment.name },
          }),
        ]),
    ...Object.values(system.apis).map((api) =>
      apiEngine({ runtime, api, folder: join(folder, 'apis', api.name), invoke }),
    ),
    ...(Object.keys(system.topics).length === 0
      ? []
      : [
          topicsEngine({
            runtime,
            topics: system.topics,
            folder: join(folder, 'topics'),
            functions: Object.keys(functions),
            invoke,
            surroundings,
          }),
        ]),
    ...Object.values(system.caches).map((cache) =>
      cacheEngine({ runtime, cache, folder: join(folder, 'caches', cache.name) }),
    ),
    modelsEngine({ runtime, folder: join(folder, 'models') }),
  ]
}
