import { join } from 'node:path'
import { expect, test } from 'vitest'
import { synthesizer } from '../../cdktf/index.ts'
import { loadSystem } from '../../src/config/load.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'
import { golden, ofType } from './stack.ts'
import { targetsOf } from './targets.ts'

async function compiled(names: string) {
  const file = `system: films
environments: { production: { cloud: aws, region: eu-west-1, account: "222222222222" } }
databases: { db: { engine: postgres, version: "16.4", storage: 20GiB, names: ${names} } }
`
  const files = new MemoryFiles({ '/films/sluice.yml': file })
  const { system } = await loadSystem(files, '/films/sluice.yml', 'production', '/films')
  const stacks = await synthesizer.synthesize({ system, images: {} })
  const data = stacks.filter(({ name }) => name === 'data')
  return { data, targets: targetsOf(stacks) }
}

test('databases beside the first are made by a task that reads its password from the secret of the server', async () => {
  const { data, targets } = await compiled('[films, mlflow, airflow]')
  const [definition] = Object.values(ofType(data, 'aws_ecs_task_definition'))
  const [container] = JSON.parse(String(definition?.['container_definitions'])) as Record<string, unknown>[]
  expect(container?.['environment']).toContainEqual({ name: 'DATABASES', value: 'mlflow,airflow' })
  expect(container?.['environment']).toContainEqual({ name: 'PGDATABASE', value: 'films' })
  expect(container?.['environment']).toContainEqual({ name: 'PGSSLMODE', value: 'require' })
  const [secret] = (container?.['secrets'] ?? []) as { name: string; valueFrom: string }[]
  expect(secret?.name).toBe('PGPASSWORD')
  expect(secret?.valueFrom).toMatch(/master_user_secret\[0\]\.secret_arn}:password::$/)
  expect(targets.jobs['db-names']).toMatchObject({
    kind: 'ecs-task',
    image: 'public.ecr.aws/docker/library/postgres:16-alpine',
    names: ['mlflow', 'airflow'],
  })
  expect(targets.logs['db-names']).toBe('cloudwatch:eu-west-1:/pipelines/films/db/names')
  await expect(
    golden({
      definition: ofType(data, 'aws_ecs_task_definition'),
      policies: ofType(data, 'aws_iam_role_policy'),
      rules: ofType(data, 'aws_vpc_security_group_ingress_rule'),
    }),
  ).toMatchFileSnapshot(join(import.meta.dirname, 'golden/database-names.golden.json'))
})

test('a server with one database has no such task', async () => {
  const { data, targets } = await compiled('[films]')
  expect(ofType(data, 'aws_ecs_task_definition')).toEqual({})
  expect(targets.jobs).toEqual({})
})
