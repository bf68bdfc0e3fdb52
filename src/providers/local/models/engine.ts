import { join } from 'node:path'
import { Secret } from '../../../domain/secret.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { listenAgain, openEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine } from '../engine.ts'
import { type MlflowServer, startMlflow } from './rest/server.ts'

export interface ModelsEngineOptions {
  readonly runtime: Runtime
  /** Absolute path of models/. */
  readonly folder: string
}

/** The local registry and its experiments as an MLflow server, for services and jobs that speak MLflow. */
export function modelsEngine({ runtime, folder }: ModelsEngineOptions): EmbeddedEngine {
  let server: MlflowServer | undefined
  return {
    name: 'models',
    died: new Promise(() => {}),
    async start() {
      const path = join(folder, 'endpoint.json')
      const file = await openEndpointFile(runtime, path)
      const { clock, log } = runtime
      const started = await listenAgain(runtime, path, file, (port) =>
        startMlflow({ folder, clock, log, port, token: new Secret(file.secret) }),
      )
      server = started
      return {
        url: started.url,
        shared: { MLFLOW_TRACKING_URI: started.url, MLFLOW_TRACKING_TOKEN: file.secret },
        connections: {},
      }
    },
    async stop() {
      await server?.close()
      server = undefined
    },
  }
}
