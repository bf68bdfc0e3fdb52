import { createHash } from 'node:crypto'
import type { Resource } from '../../store.ts'
import type { Attributes } from '../../value.ts'
import type { CloudWorld } from '../../world.ts'
import { Refused } from './answer.ts'
import type { Logging } from './logging.ts'
import { type Programs, programOf, type RunProgram } from './programs.ts'
import { answered, checked, picked } from './splits.ts'

type Json = Record<string, unknown>

export interface Share {
  readonly type?: string
  readonly revision?: string
  readonly percent?: number
  readonly tag?: string
}

export interface Revision {
  readonly name: string
  readonly createdAt: number
  readonly template: Json
  readonly image: string
  readonly program: RunProgram | undefined
}

interface Container {
  readonly name?: string
  readonly image: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly startupProbe?: unknown
}

/** What Terraform never sees of a service or a pool. */
export interface RunState {
  readonly etag: string
  readonly generation: number
  readonly annotations: Readonly<Record<string, string>>
  readonly template: Json
  readonly shares: readonly Share[]
  /** The split that requests follow, which the wished one becomes. */
  readonly routed: readonly Share[]
  readonly movesAt: number
  readonly scaling: Json
  readonly revisions: Readonly<Record<string, Revision>>
  readonly latest: string
}

/** Virtual milliseconds that a change of traffic takes. */
const MOVING = 3000
const STARTING = 4000

const TYPES = {
  services: 'google_cloud_run_v2_service',
  workerPools: 'google_cloud_run_v2_worker_pool',
} as const
export type Collection = keyof typeof TYPES

/**
 * Services and worker pools of the Admin API v2, over the records that an apply has made. A record that has none of this yet
 * begins with one revision of its template, as Cloud Run begins it.
 */
export class RunResources {
  readonly #world: CloudWorld
  readonly #programs: Programs
  readonly #logging: Logging

  constructor(world: CloudWorld, programs: Programs, logging: Logging) {
    this.#world = world
    this.#programs = programs
    this.#logging = logging
  }

  find(collection: Collection, name: string): { record: Resource; state: RunState } | undefined {
    const record = this.#world.store.get(TYPES[collection], name)
    if (record === undefined) return undefined
    const known = record.facets['run'] as RunState | undefined
    const state = known ?? this.#begin(collection, record)
    return { record, state: this.#now(state) }
  }

  /** @see https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/patch */
  patch(collection: Collection, name: string, mask: readonly string[], body: Json): { failedBy?: string } {
    const { record, state } = this.require(collection, name)
    const etag = body['etag']
    if (typeof etag === 'string' && etag !== '' && etag !== state.etag) {
      throw new Refused(
        'ABORTED',
        `Conflict for resource '${last(name)}': version '${etag}' was specified but current version is '${state.etag}'.`,
      )
    }
    const split = collection === 'services' ? 'traffic' : 'instanceSplits'
    const template = (mask.includes('template') ? body['template'] : state.template) as Json
    const made = mask.includes('template') ? this.#revisionOf(name, state, template) : undefined
    const revisions = made === undefined ? state.revisions : { ...state.revisions, [made.name]: made }
    const shares = mask.includes(split)
      ? checked(last(name), body[split] as Share[], revisions)
      : state.shares
    const next: RunState = {
      ...state,
      etag: `"${state.generation + 1}"`,
      generation: state.generation + 1,
      template,
      revisions,
      latest: made?.name ?? state.latest,
      shares,
      movesAt: shares === state.shares ? state.movesAt : this.#world.clock.now() + MOVING,
      annotations: (mask.includes('annotations')
        ? body['annotations']
        : state.annotations) as RunState['annotations'],
      scaling: (mask.includes('scaling') ? body['scaling'] : state.scaling) as Json,
    }
    this.#write(collection, record, next)
    if (made?.program === undefined && made !== undefined) return { failedBy: missing(made.image) }
    return {}
  }

  require(collection: Collection, name: string): { record: Resource; state: RunState } {
    const found = this.find(collection, name)
    if (found !== undefined) return found
    throw new Refused(
      'NOT_FOUND',
      `Resource '${last(name)}' of kind 'SERVICE' in the project does not exist.`,
    )
  }

  ready(revision: Revision): { state: string; message?: string; reason?: string } {
    const { program, createdAt, template, image } = revision
    const age = this.#world.clock.now() - createdAt
    const [first] = (template['containers'] ?? []) as Container[]
    if (program === undefined) {
      return { state: 'CONDITION_FAILED', message: missing(image), reason: 'CONTAINER_MISSING' }
    }
    if (program.hangs === true || age < (program.startsIn ?? STARTING)) {
      return { state: 'CONDITION_RECONCILING', message: 'Deploying revision.' }
    }
    if (program.exits !== undefined) {
      return {
        state: 'CONDITION_FAILED',
        message:
          'The user-provided container failed to start and listen on the port defined provided by the PORT environment variable within the allocated timeout.',
        reason: 'HEALTH_CHECK_CONTAINER_ERROR',
      }
    }
    const { health = 200 } = program
    if (health !== 200 && first?.startupProbe !== undefined) {
      return {
        state: 'CONDITION_FAILED',
        message: `The user-provided container failed the configured startup probe checks: HTTP ${health}.`,
        reason: 'HEALTH_CHECK_CONTAINER_ERROR',
      }
    }
    return { state: 'CONDITION_SUCCEEDED' }
  }

  /** What a user at the address gets; `tag` names a share, otherwise the split decides. */
  request(
    name: string,
    tag: string | undefined,
    path: string,
    number: number,
  ): { status: number; body: string } {
    const { state } = this.require('services', name)
    const off = state.scaling['scalingMode'] === 'MANUAL' && (state.scaling['manualInstanceCount'] ?? 0) === 0
    if (off) return { status: 503, body: 'Service Unavailable' }
    const share =
      tag === undefined ? picked(state.routed, number) : state.routed.find((one) => one.tag === tag)
    const revision = share === undefined ? undefined : state.revisions[share.revision ?? state.latest]
    if (revision === undefined) return { status: 404, body: 'Page not found' }
    if (this.ready(revision).state !== 'CONDITION_SUCCEEDED') return { status: 503, body: 'not ready' }
    return answered(revision, path)
  }

  #begin(collection: Collection, record: Resource): RunState {
    const [block] = (record.attributes['template'] ?? []) as Json[]
    const [container] = (block?.['containers'] ?? []) as Json[]
    const image = String(container?.['image'] ?? '')
    const template: Json = { containers: [{ image }] }
    const name = `${last(record.key)}-00001-aaa`
    const [scaling] = (record.attributes['scaling'] ?? []) as Json[]
    const manual = scaling?.['manual_instance_count']
    const state: RunState = {
      etag: '"1"',
      generation: 1,
      annotations: {},
      template,
      shares: [{ type: LATEST, percent: 100 }],
      routed: [{ revision: name, percent: 100 }],
      movesAt: 0,
      scaling: typeof manual === 'number' ? { manualInstanceCount: manual } : {},
      revisions: {
        [name]: { name, createdAt: 0, template, image, program: programOf(this.#programs, image) },
      },
      latest: name,
    }
    return this.#write(collection, record, state)
  }

  /** A split becomes the one that requests follow once its revisions are ready, and after a moment. */
  #now(state: RunState): RunState {
    if (this.#world.clock.now() < state.movesAt) return state
    const wished = state.shares.map((one) => ({ ...one, revision: one.revision ?? this.#latestReady(state) }))
    const blocked = wished.some(({ revision, percent = 0 }) => {
      const found = state.revisions[revision]
      return percent > 0 && (found === undefined || this.ready(found).state !== 'CONDITION_SUCCEEDED')
    })
    return blocked ? state : { ...state, routed: wished }
  }

  #latestReady({ revisions }: RunState): string {
    const ready = Object.values(revisions).filter((one) => this.ready(one).state === 'CONDITION_SUCCEEDED')
    return ready.toSorted((a, b) => b.createdAt - a.createdAt)[0]?.name ?? ''
  }

  latestReady(state: RunState): string {
    return this.#latestReady(state)
  }

  #revisionOf(name: string, state: RunState, template: Json): Revision | undefined {
    const wanted = template['revision']
    const revision =
      typeof wanted === 'string'
        ? wanted
        : `${last(name)}-${String(state.generation + 1).padStart(5, '0')}-abc`
    const before = state.revisions[revision]
    if (before !== undefined) {
      if (same(before.template, template)) return undefined
      throw new Refused(
        'ALREADY_EXISTS',
        `Revision named '${revision}' with different configuration already exists.`,
      )
    }
    if (!revision.startsWith(`${last(name)}-`)) {
      throw new Refused(
        'INVALID_ARGUMENT',
        `template.revision must be prefixed by the name of the service: ${revision}`,
      )
    }
    if (revision.length > 63)
      throw new Refused('INVALID_ARGUMENT', `template.revision is too long: ${revision}`)
    const [container] = (template['containers'] ?? []) as Container[]
    const image = container?.image ?? ''
    const program = programOf(this.#programs, image)
    const createdAt = this.#world.clock.now()
    this.#starts(name, revision, program, createdAt)
    return { name: revision, createdAt, template, image, program }
  }

  #starts(name: string, revision: string, program: RunProgram | undefined, at: number): void {
    const labels = { service_name: last(name), revision_name: revision, location: name.split('/')[3] ?? '' }
    const resource = { type: 'cloud_run_revision', labels }
    for (const line of program?.says ?? [])
      this.#logging.write('run.googleapis.com/stdout', resource, line, {}, at)
    for (const line of program?.complains ?? [])
      this.#logging.write('run.googleapis.com/stderr', resource, line, {}, at)
    const { exits, health = 200 } = program ?? {}
    const system = (text: string) =>
      this.#logging.write('run.googleapis.com/varlog/system', resource, text, {}, at)
    if (exits !== undefined) system(`Container called exit(${exits}).`)
    if (health !== 200) {
      system(
        `STARTUP HTTP probe failed 1 time consecutively for container "web" on path "/health". Status ${health}.`,
      )
    }
  }

  /** What Terraform reads at its next refresh moves with it. */
  #write(collection: Collection, record: Resource, state: RunState): RunState {
    const { attributes } = this.#world.store.get(TYPES[collection], record.key) ?? record
    const split = collection === 'services' ? 'traffic' : 'instance_splits'
    const moved = {
      ...attributes,
      template: templateAttribute(attributes['template'], state.template),
      ...(Object.keys(state.scaling).length === 0
        ? {}
        : { scaling: [scalingAttribute(collection, state.scaling)] }),
      [split]: state.shares.map(({ type = LATEST, revision = null, percent = 0, tag = null }) => ({
        type,
        revision,
        percent,
        ...(collection === 'services' ? { tag } : {}),
      })),
    }
    this.#world.store.put({
      ...record,
      attributes: state.generation === 1 ? attributes : moved,
      facets: { ...record.facets, run: state },
    })
    return state
  }
}

/** As Terraform has it: every attribute of the block, those that nobody has set without a value. */
function scalingAttribute(collection: Collection, scaling: Json): Attributes {
  const text = (name: string): string | null =>
    typeof scaling[name] === 'string' ? String(scaling[name]) : null
  const count = (name: string): number | null =>
    typeof scaling[name] === 'number' ? Number(scaling[name]) : null
  return {
    manual_instance_count: count('manualInstanceCount'),
    min_instance_count: count('minInstanceCount'),
    scaling_mode: text('scalingMode'),
    ...(collection === 'services' ? {} : { max_instance_count: count('maxInstanceCount') }),
  }
}

/** As Terraform has it: the block of before, with what a rollout changes in it. */
function templateAttribute(before: unknown, template: Json): readonly Attributes[] {
  const [block] = (before ?? []) as Attributes[]
  const [container, ...rest] = (block?.['containers'] ?? []) as Attributes[]
  const [own] = (template['containers'] ?? []) as Container[]
  const revision = typeof template['revision'] === 'string' ? template['revision'] : null
  return [{ ...block, revision, containers: [{ ...container, image: own?.image ?? null }, ...rest] }]
}

export const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST'

const missing = (image: string): string => `Image '${image}' not found.`
export const last = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
const same = (a: Json, b: Json): boolean => digest(a) === digest(b)
const digest = (value: Json): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')
