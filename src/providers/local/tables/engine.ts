import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { externalError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Table } from '../../../domain/system/system.ts'
import { deferred } from '../../../runtime/deferred.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { listenAgain, openEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine } from '../engine.ts'
import { awsCredentials, awsVariables } from '../signed/credentials.ts'
import { openSignedDoor, type SignedDoor } from '../signed/door.ts'
import { findPack, TABLES } from '../tool-cache/install.ts'
import { type Dynamo, startDynamo } from './dynamo.ts'
import { ensureTables } from './ensure.ts'

export interface TablesEngineOptions {
  readonly runtime: Runtime
  readonly tables: Named<Table>
  /** Absolute path of tables/. */
  readonly folder: string
  /** Absolute path of objects/, whose key this endpoint takes as well. */
  readonly objects: string
  readonly region: string
  /** `filmlens-local`: what the tables' names begin with, as on AWS. */
  readonly prefix: string
  /** Absolute path of the project. */
  readonly root: string
}

/** As DynamoDB: a batch of items is at most that. */
const LARGEST = 16 * 1024 * 1024

/** The tables behind the API of DynamoDB, for the SDKs: their items lie in a LevelDB and survive every end. */
export function tablesEngine(options: TablesEngineOptions): EmbeddedEngine {
  const { runtime, folder, region } = options
  let dynamo: Dynamo | undefined
  let door: SignedDoor | undefined
  let died = deferred<Error>()
  const stop = async (): Promise<void> => {
    const [opened, running] = [door, dynamo]
    door = undefined
    dynamo = undefined
    await opened?.close()
    await running?.close()
  }
  return {
    name: 'tables',
    get died() {
      return died.promise
    },
    async start() {
      await stop()
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const modules = await findPack(runtime, options.root, TABLES)
      const engine = await startDynamo(runtime, modules, folder)
      dynamo = engine
      died = deferred()
      const { resolve } = died
      void engine.process.ended.then(({ code, signal }) => {
        if (dynamo !== engine) return
        resolve(
          externalError('service', { what: `the tables ended by themselves (${signal ?? `exit ${code}`})` }),
        )
      })
      try {
        const names = await ensureTables(runtime, engine, {
          path: join(folder, 'tables.json'),
          prefix: options.prefix,
          tables: options.tables,
        })
        const credentials = await awsCredentials(runtime, options.objects)
        const path = join(folder, 'endpoint.json')
        const opened = await listenAgain(runtime, path, await openEndpointFile(runtime, path), (port) =>
          openSignedDoor({
            service: 'dynamodb',
            credentials,
            clock: runtime.clock,
            log: runtime.log,
            port,
            largest: LARGEST,
            answer: (call) => engine.send(call.headers, call.body),
          }),
        )
        door = opened
        return {
          url: opened.url,
          shared: { AWS_ENDPOINT_URL_DYNAMODB: opened.url, ...awsVariables(credentials, region) },
          connections: Object.fromEntries(
            Object.entries(names).map(([name, physical]) => [
              name,
              { [connectionVariable('tables', name, 'TABLE')]: physical },
            ]),
          ),
        }
      } catch (error) {
        await stop()
        throw error
      }
    },
    stop,
  }
}
