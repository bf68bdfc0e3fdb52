import { afterAll, beforeAll } from 'vitest'
import { openMlflow } from '../../../src/mlflow/registry.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { describeReal } from '../../real.ts'
import { modelRegistryContract } from '../model-registry.ts'
import { readRunFile } from './read-file.ts'
import { startMlflow } from './server.ts'

describeReal('a real MLflow server', ['mlflow'], () => {
  let server: Awaited<ReturnType<typeof startMlflow>>
  beforeAll(async () => {
    server = await startMlflow()
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
  modelRegistryContract(
    'MLflow',
    () => openMlflow({ url: server.url }, runtime),
    (uri) => readRunFile(uri, server.url),
  )
})
