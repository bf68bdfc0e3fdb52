import { usageError } from '../../../domain/error.ts'
import { commandOnNode, type NodeWords, nodeVariables } from '../../../domain/jobs/rendezvous.ts'
import type { JobSpec } from '../../ports/jobs.ts'

type Json = Readonly<Record<string, unknown>>

interface Variable {
  readonly name: string
  readonly value: string
}

/**
 * `{"cluster":{"workerpool0":["host:2222"],"workerpool1":[...]},"task":{"type":"workerpool1","index":0}}`: the first pool is
 * the one first node, the second the others (https://cloud.google.com/vertex-ai/docs/training/distributed-training#cluster-variables).
 */
const NODE: NodeWords = {
  address: `$(printf %s "$CLUSTER_SPEC"|sed 's/.*"workerpool0": *\\["\\([^":]*\\).*/\\1/')`,
  rank: `$(($(printf %s "$CLUSTER_SPEC"|sed -e 's/.*"task": *{\\([^}]*\\)}.*/\\1/' -e 'ta' -e ':a' -e 's/.*"workerpool0".*/0/' -e t -e 's/.*"index": *\\([0-9]*\\).*/\\1+1/')))`,
}

/**
 * The template of targets.json with what a run sets: image, variables and command. Vertex AI ends the job by itself when its time
 * is over, whoever watches (promise R32).
 *
 * @throws SluiceError usage where the template is not what synth writes
 */
export function jobSpecOf(template: Json | undefined, { step, image, env }: JobSpec): Json {
  const pools = template?.['workerPoolSpecs']
  if (template === undefined || !Array.isArray(pools)) {
    throw usageError({
      what: `targets.json has no worker pools for step ${step.name}`,
      rule: 'a step on Vertex AI runs as the stacks of its environment describe it',
      remedy: 'run "sluice plan", then "sluice apply"',
    })
  }
  const several = step.nodes > 1
  const command = several ? commandOnNode(step, NODE) : step.command
  const [first, ...args] = command ?? []
  return {
    ...template,
    workerPoolSpecs: (pools as Json[]).map((pool) => {
      const { command: _command, args: _args, ...container } = (pool['containerSpec'] ?? {}) as Json
      const given = (Array.isArray(container['env']) ? container['env'] : []) as Variable[]
      const own = Object.fromEntries(given.map(({ name, value }) => [name, value]))
      const variables = { ...own, ...step.env, ...env, ...nodeVariables(step) }
      return {
        ...pool,
        containerSpec: {
          ...container,
          imageUri: image,
          env: Object.entries(variables).map(([name, value]) => ({ name, value })),
          ...(first === undefined ? {} : { command: [first] }),
          ...(args.length === 0 ? {} : { args }),
        },
      }
    }),
    scheduling: {
      ...(template['scheduling'] as Json | undefined),
      timeout: `${Math.max(1, Math.ceil(step.timeout / 1000))}s`,
    },
  }
}

/** The type of the machines of a template; undefined where it is not what synth writes. */
export function machineOf(template: Json | undefined): string | undefined {
  const pools = template?.['workerPoolSpecs']
  const [first] = Array.isArray(pools) ? (pools as Json[]) : []
  const type = (first?.['machineSpec'] as Json | undefined)?.['machineType']
  return typeof type === 'string' ? type : undefined
}
