import type { Service as EcsService, Failure } from '@aws-sdk/client-ecs'
import type { EcsTarget } from './target.ts'

/** What ECS says of the services that were asked for. */
export interface SeenServices {
  readonly services: readonly EcsService[]
  readonly failures: readonly Failure[]
}

export type AskServices = (cluster: string, asked: readonly EcsTarget[]) => Promise<SeenServices>

/** Services of one cluster in one request: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html */
const MOST = 10

interface Waiting {
  readonly target: EcsTarget
  readonly resolve: (seen: SeenServices) => void
  readonly reject: (error: unknown) => void
}

/** Looks at services that are asked for in the same moment are one request for up to ten of a cluster. */
export class ServiceLooks {
  readonly #ask: AskServices
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(ask: AskServices) {
    this.#ask = ask
  }

  /** What the answer says of this one. */
  look(target: EcsTarget): Promise<SeenServices> {
    return new Promise((resolve, reject) => {
      const one = { target, resolve, reject }
      const others = this.#waiting.get(target.cluster)
      if (others !== undefined) return void others.push(one)
      this.#waiting.set(target.cluster, [one])
      // After everything that follows from what happens now.
      setImmediate(() => this.#send(target.cluster))
    })
  }

  #send(cluster: string): void {
    const waiting = this.#waiting.get(cluster) ?? []
    this.#waiting.delete(cluster)
    for (let first = 0; first < waiting.length; first += MOST) {
      const part = waiting.slice(first, first + MOST)
      const asked = new Map(part.map(({ target }) => [target.service, target]))
      this.#ask(cluster, [...asked.values()]).then(
        (seen) => {
          for (const { target, resolve } of part) resolve(asked.size === 1 ? seen : ofOne(target, seen))
        },
        (error: unknown) => {
          for (const { reject } of part) reject(error)
        },
      )
    }
  }
}

/** By its name, or by the name that an ARN ends with. */
function ofOne({ service }: EcsTarget, { services, failures }: SeenServices): SeenServices {
  const is = (text: string | undefined): boolean => text?.slice(text.lastIndexOf('/') + 1) === service
  return {
    services: services.filter(({ serviceName, serviceArn }) => is(serviceName ?? serviceArn)),
    failures: failures.filter(({ arn }) => is(arn)),
  }
}
