import { type Problem, usageError } from '../../../domain/error.ts'
import { openProxy, type ServiceProxy } from '../proxy/proxy.ts'
import { candidatePorts, portHolder } from './free-port.ts'

export interface AddressRequest {
  readonly service: string
  /** `local.port` of sluice.yml. */
  readonly fixed: number | undefined
  /** The port that the service had before. */
  readonly recorded: number | null
  /** Folder of the cloud: part of what free ports are chosen by. */
  readonly folder: string
}

/**
 * Opens a service's proxy at its fixed port, else at the one it had before, else at a free one.
 *
 * @throws SluiceError usage where a fixed port is taken, with the process that holds it if that can be seen.
 */
export async function openAddress(request: AddressRequest): Promise<ServiceProxy> {
  const { service, fixed, recorded, folder } = request
  if (fixed !== undefined) {
    const proxy = await tryPort(fixed)
    if (proxy === undefined) throw usageError(await takenProblem(service, fixed))
    return proxy
  }
  const wanted = [...(recorded === null ? [] : [recorded]), ...candidatePorts(folder, service), 0]
  for (const port of wanted) {
    const proxy = await tryPort(port)
    if (proxy !== undefined) return proxy
  }
  throw usageError({ what: `no free port for service ${service}` })
}

async function tryPort(port: number): Promise<ServiceProxy | undefined> {
  try {
    return await openProxy(port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') return undefined
    if (code === 'EACCES') {
      throw usageError(
        {
          what: `port ${port} may not be listened on by this user`,
          remedy: 'choose a local.port of 1024 or above',
        },
        error,
      )
    }
    throw error
  }
}

async function takenProblem(service: string, port: number): Promise<Problem> {
  const holder = await portHolder(port)
  return {
    what: `port ${port} of service ${service} is taken${holder === undefined ? '' : ` by ${holder}`}`,
    rule: `services.${service}.local.port is fixed`,
    remedy: `end that process, or set another services.${service}.local.port`,
  }
}
