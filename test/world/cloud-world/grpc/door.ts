import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { pluginProtocol } from '../../../tools-folder.ts'
import { CloudError, Disconnected } from '../faults.ts'
import { Bindings, PROVIDERS, type ProviderName } from '../schema/load.ts'
import type { CloudWorld } from '../world.ts'
import { type Handler, handlers, type Request } from './handlers.ts'

/** Terraform's own names of the types that a run needs; without them the provider knows every resource, and no data source. */
export type TypesUsed = Readonly<
  Record<ProviderName, { readonly resources: readonly string[]; readonly data: readonly string[] }>
>

export interface ProviderDoor extends AsyncDisposable {
  /** Value of TF_REATTACH_PROVIDERS. */
  readonly reattach: string
}

/**
 * The world as Terraform's providers `aws` and `google`: servers of plugin protocol 6 on 127.0.0.1 that the engine attaches to
 * (https://developer.hashicorp.com/terraform/plugin/debugging#starting-a-provider-in-debug-mode).
 */
export async function openProviderDoor(world: CloudWorld, types?: () => TypesUsed): Promise<ProviderDoor> {
  const doors = await Promise.all(
    PROVIDERS.map((name) => openOne(world, name, types && (() => types()[name]))),
  )
  const reattach = Object.fromEntries(
    doors.map(({ provider, port }) => [
      `registry.opentofu.org/hashicorp/${provider}`,
      {
        Protocol: 'grpc',
        ProtocolVersion: 6,
        Pid: process.pid,
        Test: true,
        Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
      },
    ]),
  )
  return {
    reattach: JSON.stringify(reattach),
    [Symbol.asyncDispose]: async () => {
      for (const { server } of doors) server.forceShutdown()
    },
  }
}

async function openOne(
  world: CloudWorld,
  provider: ProviderName,
  types: (() => TypesUsed[ProviderName]) | undefined,
) {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 })
  const service = providerService()
  const answers = handlers(world, new Bindings(provider), types)
  const methods = Object.keys(service).map(
    (name) => [name, unary(answers[name] ?? unsupported(name))] as const,
  )
  const implementation: UntypedServiceImplementation = Object.fromEntries(methods)
  server.addService(service, implementation)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  return { provider, server, port }
}

function providerService(): ServiceClientConstructor['service'] {
  const definition = loadSync(pluginProtocol, { keepCase: true, longs: Number, enums: String })
  const { tfplugin6 } = loadPackageDefinition(definition) as unknown as {
    tfplugin6: { Provider: ServiceClientConstructor }
  }
  return tfplugin6.Provider.service
}

const unsupported =
  (name: string): Handler =>
  () => {
    throw new CloudError('Unimplemented', `the simulated provider has no ${name}`)
  }

/** Refusals of the cloud are diagnostics of the provider, as with the real ones; a lost answer is a broken connection. */
function unary(handler: Handler) {
  return (call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>): void => {
    Promise.resolve()
      .then(() => handler(call.request))
      .then(
        (response) => answer(null, response),
        (error: unknown) => {
          if (error instanceof CloudError)
            answer(null, { diagnostics: [{ severity: 'ERROR', summary: error.message }] })
          else if (error instanceof Disconnected) answer({ code: status.UNAVAILABLE, details: error.message })
          else
            answer({
              code: status.INTERNAL,
              details: error instanceof Error ? (error.stack ?? error.message) : String(error),
            })
        },
      )
  }
}
