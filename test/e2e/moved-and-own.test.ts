import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Report } from '../../src/commands/command.ts'
import { describeReal } from '../real.ts'
import { type Deployment, openDeployment } from './deployment.ts'

interface Change {
  readonly address: string
  readonly action: string
}
const changes = (report: Report): readonly Change[] => report.data['changes'] as Change[]

/** Another name for a resource of sluice.yml, wherever it stands; what lies on disk keeps its own. */
const rename =
  (from: string, to: string) =>
  (text: string): string =>
    text.replaceAll(new RegExp(`(?<!/)\\b${from}\\b`, 'g'), to)

describeReal('a changed name, by OpenTofu', ['tofu'], () => {
  test('destroys and makes again, is proposed as a rename, and with `renamed` moves', {
    timeout: 180_000,
  }, async () => {
    await using environment = await openDeployment('actor-detection')
    await environment.bring()
    await environment.edit(rename('latest-result', 'newest-result'))
    const without = await environment.plan()
    expect(without.data['counts']).toMatchObject({ move: 0 })
    expect(new Set(changes(without).map(({ action }) => action))).toContain('delete')
    const line = 'renamed: { functions.latest-result: functions.newest-result }'
    expect(environment.events).toContainEqual(
      expect.objectContaining({ level: 'warning', text: expect.stringContaining(line) }),
    )

    await environment.edit((text) => `${text}${line}\n`)
    const moved = await environment.plan()
    expect(moved.data['counts']).toMatchObject({ create: 0, delete: 0 })
    expect(changes(moved).length).toBeGreaterThan(0)
    // Twice: what Lambda takes away with a function that is replaced, the second round brings back.
    await environment.deploy()
    await environment.deploy()
    expect(changes(await environment.plan())).toEqual([])
  })

  test('of a protected table is refused by the engine, not carried out', { timeout: 180_000 }, async () => {
    await using environment = await openDeployment('actor-detection')
    await environment.bring()
    await protectedTable(environment)
    const refused = await environment.plan()
    expect(refused.outcome).not.toBe('done')
    expect(refused.message).toContain('cannot be destroyed')
  })
})

async function protectedTable(environment: Deployment): Promise<void> {
  await environment.edit(rename('movie-entities', 'entities'))
  await environment.edit((text) => `${text}renamed: { tables.movie-entities: tables.entities }\n`)
}

describeReal('infrastructure of a team’s own, by OpenTofu', ['tofu'], () => {
  test('is planned and applied in place of ours, and its output is targets.json', {
    timeout: 180_000,
  }, async () => {
    await using environment = await openDeployment('actor-detection')
    const folder = join(environment.state, '../../terraform')
    await mkdir(folder)
    await writeFile(join(folder, 'main.tf'), HCL)
    await writeFile(join(folder, 'cdk.tf.json'), JSON.stringify(RESOURCES))
    await environment.edit((text) => `${text}infra: { hcl: terraform }\n`)
    await environment.bring()
    expect(environment.stacks()).toEqual(['terraform'])
    expect((await environment.plan()).outputs['changes']).toBe('false')
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    const targets = JSON.parse(await readFile(join(environment.state, 'targets.json'), 'utf8')) as object
    expect(targets).toMatchObject({
      system: 'actor-detection',
      buckets: { raw: 's3://our-own-raw' },
      ledger: 's3://our-own-raw/ledger',
    })
  })
})

/** Teams mix both languages; the simulated provider looks for the types that it serves in the JSON. */
const RESOURCES = { resource: { aws_s3_bucket: { raw: { bucket: 'our-own-raw' } } } }
const HCL = `terraform {
  backend "local" {}
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
}
output "sluice" {
  value = {
    schema      = "sluice.targets/v1"
    system      = "actor-detection"
    environment = "production"
    region      = "us-east-1"
    buckets     = { raw = "s3://\${aws_s3_bucket.raw.bucket}" }
    ledger      = "s3://\${aws_s3_bucket.raw.bucket}/ledger"
  }
}
`
