import { join } from 'node:path'
import type { ProviderContext } from '../provider.ts'
import { cloudFolder } from './daemon/record.ts'
import type { EmbeddedEngine } from './engine.ts'
import { modelsEngine } from './models/engine.ts'
import { objectsEngine } from './objects/engine.ts'
import { postgresEngine } from './postgres/engine.ts'
import { tablePrefix } from './tables/definition.ts'
import { tablesEngine } from './tables/engine.ts'

/** What an AWS SDK is told where sluice.yml names no region. */
const REGION = 'us-east-1'

/** The servers of an environment on cloud `local`: objects, each database, the model registry. Nothing is started yet. */
export function enginesFor({ runtime, system, root, state }: ProviderContext): readonly EmbeddedEngine[] {
  const folder = cloudFolder(state)
  const region = system.environment.region ?? REGION
  const objects = join(folder, 'objects')
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
    modelsEngine({ runtime, folder: join(folder, 'models') }),
  ]
}
