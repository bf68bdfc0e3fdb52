import type { Attributes } from './value.ts'

/** One resource of the cloud. Both doors read and move the same records. */
export interface Resource {
  readonly provider: string
  /** Terraform's type: `aws_ecs_service`. */
  readonly type: string
  /** Unique within the type: Terraform's id, or more where that is not enough (`Identity.key`). */
  readonly key: string
  /** What the cloud would say when it is asked: Terraform's names, every computed value filled in. */
  readonly attributes: Attributes
  /** What Terraform never sees: deployments, tasks, events. Only the door that wrote it reads it. */
  readonly facets: Readonly<Record<string, unknown>>
}

/** The cloud's memory. */
export class CloudStore {
  readonly #resources = new Map<string, Resource>()
  readonly #counters = new Map<string, number>()

  put(resource: Omit<Resource, 'facets'> & Partial<Pick<Resource, 'facets'>>): Resource {
    const before = this.get(resource.type, resource.key)
    const whole = { facets: before?.facets ?? {}, ...resource }
    this.#resources.set(keyOf(resource.type, resource.key), whole)
    return whole
  }

  get(type: string, key: string): Resource | undefined {
    return this.#resources.get(keyOf(type, key))
  }

  /** What a rollout, an operator or another program changes, without Terraform. */
  move(type: string, key: string, change: Attributes): Resource {
    const before = this.get(type, key)
    if (before === undefined) throw new Error(`there is no ${type} ${key}`)
    return this.put({ ...before, attributes: { ...before.attributes, ...change } })
  }

  remove(type: string, key: string): boolean {
    return this.#resources.delete(keyOf(type, key))
  }

  /** 1, 2, 3, ...: numbers that are never given twice, like the revisions of a task definition. */
  next(counter: string): number {
    const number = (this.#counters.get(counter) ?? 0) + 1
    this.#counters.set(counter, number)
    return number
  }

  list(type?: string): readonly Resource[] {
    const all = [...this.#resources.values()]
    return type === undefined ? all : all.filter((resource) => resource.type === type)
  }

  find(type: string, matches: (attributes: Attributes) => boolean): Resource | undefined {
    return this.list(type).find(({ attributes }) => matches(attributes))
  }
}

const keyOf = (type: string, key: string): string => `${type} ${key}`
