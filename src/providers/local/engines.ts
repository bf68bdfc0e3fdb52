import { join } from 'node:path'
import type { ProviderContext } from '../provider.ts'
import { cloudFolder } from './daemon/record.ts'
import type { EmbeddedEngine } from './engine.ts'
import { modelsEngine } from './models/engine.ts'
import { objectsEngine } from './objects/engine.ts'
import { postgresEngine } from './postgres/engine.ts'

/** What an AWS SDK is told where sluice.yml names no region. */
const REGION = 'us-east-1'

/** The servers of an environment on cloud `local`: objects, each database, the model registry. Nothing is started yet. */
export function enginesFor({ runtime, system, root, state }: ProviderContext): readonly EmbeddedEngine[] {
  const folder = cloudFolder(state)
  const region = system.environment.region ?? REGION
  return [
    objectsEngine({ runtime, folder: join(folder, 'objects'), buckets: system.buckets, region }),
    ...Object.values(system.databases).map((database) =>
      postgresEngine({ runtime, database, folder: join(folder, 'postgres', database.name), root }),
    ),
    modelsEngine({ runtime, folder: join(folder, 'models') }),
  ]
}
