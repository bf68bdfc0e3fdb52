import type { Answer } from './answer.ts'
import {
  type Collection,
  LATEST,
  type Revision,
  type RunResources,
  type RunState,
  type Share,
} from './resources.ts'

/** A service or a pool as the API writes it; zeros and empty fields stay away, as in JSON of protocol buffers. */
export function resourceJson(
  resources: RunResources,
  collection: Collection,
  name: string,
  base: string,
): Record<string, unknown> {
  const { record, state } = resources.require(collection, name)
  const { ingress, invoker_iam_disabled: open } = record.attributes
  const newest = state.revisions[state.latest]
  const condition = newest === undefined ? { state: 'CONDITION_SUCCEEDED' } : resources.ready(newest)
  const uri = `${base}/at/${name}`
  const split = collection === 'services' ? 'traffic' : 'instanceSplits'
  return {
    name,
    etag: state.etag,
    generation: String(state.generation),
    annotations: state.annotations,
    template: state.template,
    [split]: state.shares.map(plain),
    [collection === 'services' ? 'trafficStatuses' : 'instanceSplitStatuses']: observed(state, uri),
    latestReadyRevision: `${name}/revisions/${resources.latestReady(state)}`,
    latestCreatedRevision: `${name}/revisions/${state.latest}`,
    scaling: state.scaling,
    terminalCondition: conditionJson('Ready', condition),
    ...(collection === 'services'
      ? {
          uri,
          ingress: typeof ingress === 'string' ? ingress : 'INGRESS_TRAFFIC_ALL',
          ...(open === true ? { invokerIamDisabled: true } : {}),
        }
      : {}),
  }
}

export function revisionJson(
  resources: RunResources,
  parent: string,
  revision: Revision,
): Record<string, unknown> {
  const { name, template, createdAt } = revision
  const { revision: _name, annotations = {}, containers = [], scaling = {}, ...rest } = template
  return {
    ...rest,
    name: `${parent}/revisions/${name}`,
    createTime: new Date(createdAt).toISOString(),
    annotations,
    containers,
    scaling,
    conditions: [conditionJson('Ready', resources.ready(revision))],
  }
}

/** Tags come and go at once, shares when they are routed. */
function observed({ routed, shares }: RunState, uri: string): readonly object[] {
  const kept = routed.map(({ tag, ...one }) =>
    shares.some((other) => other.tag === tag) ? { ...one, ...(tag === undefined ? {} : { tag }) } : one,
  )
  const added = shares.filter(({ tag }) => tag !== undefined && !routed.some((one) => one.tag === tag))
  return [...kept, ...added.map((one) => ({ ...one, percent: 0 }))].map((one: Share) => ({
    ...plain(one),
    ...(one.tag === undefined ? {} : { uri: `${uri}@${one.tag}` }),
  }))
}

const plain = ({ type, revision, percent = 0, tag }: Share): object => ({
  type: type ?? (revision === undefined ? LATEST : 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION'),
  ...(revision === undefined ? {} : { revision }),
  ...(percent === 0 ? {} : { percent }),
  ...(tag === undefined ? {} : { tag }),
})

function conditionJson(
  type: string,
  { state, message, reason }: { state: string; message?: string; reason?: string },
): object {
  return {
    type,
    state,
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { revisionReason: reason }),
  }
}

export function bytesOf({ body }: Answer): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
}
