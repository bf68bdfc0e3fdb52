import type { Named } from '../named.ts'
import type { Container } from './container.ts'
import type { Location, Pipeline, Step } from './step.ts'
import { RESOURCE_KINDS, type System } from './system.ts'

/** The kinds whose names can be changed without losing what they name; models have no resources. */
export const RENAMABLE = RESOURCE_KINDS.filter((kind) => kind !== 'models')
export type RenamableKind = (typeof RENAMABLE)[number]

/** A resource of sluice.yml that had another name. */
export interface Rename {
  readonly kind: RenamableKind
  readonly from: string
  readonly to: string
}

/** `services.api` -> kind and name; names may hold dots. Undefined where the kind has no names to change. */
export function resourceOf(
  path: string,
): { readonly kind: RenamableKind; readonly name: string } | undefined {
  const dot = path.indexOf('.')
  const kind = RENAMABLE.find((each) => each === path.slice(0, dot))
  return kind === undefined || dot < 0 ? undefined : { kind, name: path.slice(dot + 1) }
}

/**
 * The same system as it was called before: every new name by its old one, at the resource and wherever it is meant, in the
 * same order. What it compiles to differs in names alone, so both can be laid side by side.
 */
export function systemBefore(system: System, renames: readonly Rename[]): System {
  const before = (kinds: readonly RenamableKind[], name: string): string =>
    renames.find(({ kind, to }) => to === name && kinds.includes(kind))?.from ?? name
  const resource = (name: string): string => before(CONNECTED, name)
  const image = (name: string): string => before(['images'], name)
  const service = (name: string): string => before(['services'], name)
  const container = <T extends Container>(value: T): T => ({ ...value, image: image(value.image) })
  const maybe = <T extends { readonly image?: string; readonly connects: readonly string[] }>(
    value: T,
  ): T => ({
    ...value,
    ...(value.image === undefined ? {} : { image: image(value.image) }),
    connects: value.connects.map(resource),
  })
  const location = (place: Location): Location =>
    place.kind === 'bucket' ? { ...place, bucket: before(['buckets'], place.bucket) } : place
  const step = (value: Step): Step => ({
    ...container(value),
    connects: value.connects.map(resource),
    inputs: each(value.inputs, location),
    outputs: each(value.outputs, location),
  })
  const named = <T extends { readonly name: string }>(
    kind: RenamableKind,
    all: Named<T>,
    change: (value: T) => T = (value) => value,
  ): Named<T> =>
    Object.fromEntries(
      Object.entries(all).map(([name, value]) => {
        const old = before([kind], name)
        return [old, { ...change(value), name: old }]
      }),
    )
  return {
    ...system,
    images: named('images', system.images),
    services: named('services', system.services, (value) => ({
      ...container(value),
      connects: value.connects.map(resource),
      sidecars: each(value.sidecars, container),
    })),
    functions: named('functions', system.functions, maybe),
    apis: named('apis', system.apis, (value) => ({
      ...value,
      routes: each(value.routes, (func) => before(['functions'], func)),
    })),
    workers: named('workers', system.workers, maybe),
    databases: named('databases', system.databases),
    buckets: named('buckets', system.buckets),
    tables: named('tables', system.tables),
    topics: named('topics', system.topics, (value) =>
      value.subscriber === undefined ? value : { ...value, subscriber: resource(value.subscriber) },
    ),
    caches: named('caches', system.caches),
    pipelines: named('pipelines', system.pipelines, (value: Pipeline) => ({
      ...value,
      steps: each(value.steps, step),
    })),
    models: each(system.models, (value) => ({
      ...value,
      registry: service(value.registry),
      evaluation: { ...value.evaluation, pipeline: before(['pipelines'], value.evaluation.pipeline) },
      artifact: { ...value.artifact, pipeline: before(['pipelines'], value.artifact.pipeline) },
    })),
    components: each(system.components, (names) => names.map(resource)),
  }
}

const CONNECTED = RENAMABLE.filter((kind) => kind !== 'images' && kind !== 'pipelines')

const each = <T>(record: Named<T>, change: (value: T) => T): Named<T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
