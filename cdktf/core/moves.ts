import { bug } from '../../src/domain/error.ts'
import type { Move, Stack } from '../../src/domain/stacks/synthesizer.ts'
import type { Rename } from '../../src/domain/system/rename.ts'

/**
 * What a cloud knows by its name and cannot call otherwise: the resource is made again, and what it holds does not come along.
 * Names that change in place (`aws_db_instance`) are not here, nor is what holds nothing.
 */
const KEPT_BY_NAME: Readonly<Record<string, string>> = {
  aws_s3_bucket: 'bucket',
  aws_dynamodb_table: 'name',
  aws_sqs_queue: 'name',
  aws_sns_topic: 'name',
  aws_elasticache_replication_group: 'replication_group_id',
  aws_ecr_repository: 'name',
  google_storage_bucket: 'name',
  google_sql_database_instance: 'name',
  google_pubsub_topic: 'name',
  google_pubsub_subscription: 'name',
  google_redis_instance: 'name',
  google_memorystore_instance: 'instance_id',
  google_artifact_registry_repository: 'repository_id',
}

interface Placed {
  readonly type: string
  readonly id: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * The stacks with `moved` blocks, from what the same system compiled to under its old names. Both have the same resources in
 * the same order, so each is paired with the one in its place; a pair whose ids differ is a move.
 * https://developer.hashicorp.com/terraform/language/block/moved
 */
export function withMoves(
  stacks: readonly Stack[],
  before: readonly Stack[],
  renames: readonly Rename[],
): Stack[] {
  return stacks.map((stack) => {
    const old = before.find(({ name }) => name === stack.name)
    const [now, then] = [placed(stack), old === undefined ? [] : placed(old)]
    if (now.length !== then.length) throw bug(`stack ${stack.name} has other resources under its old names`)
    const moved = now.flatMap((resource, index): Move[] => {
      const was = then[index]
      if (was === undefined || was.type !== resource.type) {
        throw bug(`${resource.path} has no counterpart under its old name`)
      }
      if (was.id === resource.id) return []
      if (!renames.some(({ from, to }) => was.path.includes(from) && resource.path.includes(to))) {
        throw bug(`${was.path} would move to ${resource.path}, which no rename says`)
      }
      return [
        {
          from: `${was.type}.${was.id}`,
          to: `${resource.type}.${resource.id}`,
          ...replacement(was, resource),
        },
      ]
    })
    if (moved.length === 0) return stack
    return { ...stack, moved, json: { ...stack.json, moved: moved.map(({ from, to }) => ({ from, to })) } }
  })
}

function replacement(was: Placed, now: Placed): Pick<Move, 'replaced'> {
  const attribute = KEPT_BY_NAME[now.type]
  const name = attribute === undefined ? undefined : was.body[attribute]
  if (attribute === undefined || typeof name !== 'string' || name === now.body[attribute]) return {}
  return { replaced: name }
}

function placed({ json }: Stack): Placed[] {
  const types = (json['resource'] ?? {}) as Record<string, Record<string, Placed['body']>>
  return Object.entries(types).flatMap(([type, resources]) =>
    Object.entries(resources).map(([id, body]) => {
      const { metadata } = body['//'] as { readonly metadata: { readonly path: string } }
      return { type, id, path: metadata.path, body }
    }),
  )
}
