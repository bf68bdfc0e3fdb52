import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/**
 * Writes a plan document of so many resources, 6.3 kB each as real ones are, one in ten of them changing: every resource
 * stands in planned_values, in resource_changes and in prior_state.
 */
export async function writePlan(path: string, resources: number): Promise<void> {
  const file = createWriteStream(path)
  const write = async (text: string): Promise<void> => {
    if (!file.write(text)) await once(file, 'drain')
  }
  const list = async (member: (index: number) => unknown): Promise<void> => {
    for (let from = 0; from < resources; from += 100) {
      const count = Math.min(100, resources - from)
      const texts = Array.from({ length: count }, (_, index) => JSON.stringify(member(from + index)))
      await write(`${from === 0 ? '' : ','}${texts.join(',')}`)
    }
  }
  await write(
    '{"format_version":"1.2","terraform_version":"1.12.0","planned_values":{"root_module":{"resources":[',
  )
  await list((index) => ({ ...identity(index), schema_version: 0, values: values(index, 1) }))
  await write(']}},"resource_changes":[')
  await list(change)
  await write(
    '],"output_changes":{},"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":[',
  )
  await list((index) => ({ ...identity(index), schema_version: 0, values: values(index, 0) }))
  await write(']}}},"configuration":{"root_module":{}},"timestamp":"2026-11-21T10:00:00Z","errored":false}\n')
  file.end()
  await once(file, 'close')
}

const TYPES = ['aws_ecs_service', 'aws_iam_role', 'aws_s3_bucket', 'aws_db_instance', 'aws_security_group']

function identity(index: number) {
  const type = TYPES[index % TYPES.length] ?? 'aws_iam_role'
  const name = `resource_${index}`
  const provider_name = 'registry.opentofu.org/hashicorp/aws'
  return { address: `${type}.${name}`, mode: 'managed', type, name, provider_name }
}

const CHANGES = [['update'], ['create'], ['delete'], ['delete', 'create']] as const

function change(index: number) {
  const changes = index % 10 === 0
  const actions = changes ? CHANGES[(index / 10) % CHANGES.length] : ['no-op']
  const creates = actions?.[0] === 'create'
  const before = creates ? null : values(index, 0)
  const after = actions?.length === 1 && actions[0] === 'delete' ? null : values(index, changes ? 1 : 0)
  return {
    ...identity(index),
    change: {
      actions,
      before,
      after,
      after_unknown: creates ? { arn: true } : {},
      before_sensitive: {},
      after_sensitive: {},
    },
  }
}

/** Attributes of about 1.5 kB: a policy, tags, ids. */
function values(index: number, version: number) {
  return {
    arn: `arn:aws:service:eu-west-1:111122223333:resource/${index}`,
    name: `resource-${index}`,
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: Array.from({ length: 6 }, (_, statement) => ({
        Sid: `Statement${statement}`,
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 'dynamodb:GetItem'],
        Resource: `arn:aws:s3:::bucket-${index}/${statement}/*`,
      })),
    }),
    description: `version ${version}`,
    tags: { team: 'search', environment: 'production', index: String(index) },
    ports: [80, 443, 8000 + (index % 100)],
    enabled: true,
  }
}
