import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { evaluate } from '@marcbachmann/cel-js'
import { expect, test } from 'vitest'
import { GRANTED_ON_PROJECT } from '../../../cdktf/gcp/bootstrap/permissions.ts'
import { synthesizer } from '../../../cdktf/index.ts'
import { loadSystem } from '../../../src/config/load.ts'
import { nodeFiles } from '../../../src/runtime/node/files.ts'
import { golden, ofType, type Resources } from '../stack.ts'
import { made } from './made.ts'

const DIGEST = `registry/image@sha256:${'0'.repeat(64)}` as const
const OBJECTS = 'projects/_/buckets/sluice-state-films-1-europe-west1/objects'

test('the stack of bootstrap is the Terraform JSON of its golden file', async () => {
  const { stack } = await made('europe')
  const { resource, output, terraform } = stack.json
  await expect(golden({ resource, output, terraform })).toMatchFileSnapshot(
    join(import.meta.dirname, '../golden/bootstrap-gcp.golden.json'),
  )
})

const of = async (type: string): Promise<Record<string, Record<string, unknown>>> =>
  ((await made('europe')).stack.json['resource'] as Resources)[type] ?? {}

/** Whether an account may do this with an object of the bucket of states. */
async function mayWith(account: 'plan' | 'apply', what: 'read' | 'write', object: string): Promise<boolean> {
  const grants = Object.entries(await of('google_storage_bucket_iam_member'))
  const roles =
    what === 'read'
      ? ['roles/storage.objectViewer', 'roles/storage.objectUser']
      : ['roles/storage.objectUser']
  return grants
    .filter(([id, { role }]) => id.startsWith(`${account}-`) && roles.includes(String(role)))
    .some(([, { condition }]) => {
      const { expression } = condition as { expression: string }
      const resource = { name: `${OBJECTS}/${object}`, type: 'storage.googleapis.com/Object' }
      return evaluate(expression, { resource }) === true
    })
}

test.each([
  ['plan', 'read', 'films/europe/data/default.tfstate', true],
  ['plan', 'write', 'films/europe/data/default.tflock', true],
  ['plan', 'write', 'films/europe/data/default.tfstate', false],
  ['plan', 'read', 'films/staging/data/default.tfstate', false],
  ['plan', 'write', 'other/europe/data/default.tflock', false],
  ['apply', 'write', 'films/europe/data/default.tfstate', true],
  ['apply', 'write', 'films/europe/bootstrap/default.tfstate', false],
  ['apply', 'read', 'films/europe/bootstrap/default.tfstate', true],
  ['apply', 'write', 'films/staging/data/default.tfstate', false],
] as const)('R12 %s may %s %s: %s', async (account, what, object, expected) => {
  expect(await mayWith(account, what, object)).toBe(expected)
})

test('R12 who plans has no role that reads data or changes anything', async () => {
  const grants = Object.values(await of('google_project_iam_member'))
  const roles = grants
    .filter(({ member }) => String(member).includes('.plan_'))
    .map(({ role }) => String(role))
  expect(roles.length).toBeGreaterThan(5)
  for (const role of roles) {
    expect(role).toMatch(
      /\.(viewer|networkViewer|reader|serviceAccountViewer|serviceUsageViewer)$|custom_role/,
    )
    expect(role).not.toMatch(/^roles\/(viewer|storage|artifactregistry|datastore|logging|owner|editor)/)
  }
})

test('R12 who applies grants on the project what stacks grant, and no other role', async () => {
  const { 'apply-grants': grant } = await of('google_project_iam_member')
  const { expression = '' } = (grant?.['condition'] ?? {}) as { expression?: string }
  expect(grant?.['role']).toBe('roles/resourcemanager.projectIamAdmin')
  expect(expression).toContain("'roles/logging.logWriter'")
  expect(expression).not.toMatch(/'roles\/(owner|editor|iam|resourcemanager)/)
  const basic = Object.values(await of('google_project_iam_member')).map(({ role }) => String(role))
  expect(
    basic.filter((role) =>
      /^roles\/(owner|editor|iam\.securityAdmin|iam\.serviceAccountKeyAdmin|iam\.serviceAccountTokenCreator)$/.test(
        role,
      ),
    ),
  ).toEqual([])
})

test('the stacks of every system on Google Cloud grant on the project only what who applies may grant', async () => {
  const root = join(import.meta.dirname, '../../../examples')
  const granted = new Set<string>()
  let systems = 0
  for (const name of readdirSync(root)) {
    const file = join(root, name, 'sluice.yml')
    for (const environment of ['production', 'europe', 'gcp']) {
      const loaded = await loadSystem(nodeFiles, file, environment, root).catch(() => undefined)
      if (loaded?.system.environment.cloud !== 'gcp') continue
      systems++
      const names = Object.keys(loaded.system.images)
      const images = Object.fromEntries(names.map((image) => [image, DIGEST] as const))
      const stacks = await synthesizer.synthesize({ system: loaded.system, images })
      for (const { role } of Object.values(ofType(stacks, 'google_project_iam_member')))
        granted.add(String(role))
    }
  }
  expect(systems).toBeGreaterThan(0)
  expect(granted.size).toBeGreaterThan(0)
  expect([...granted].filter((role) => !GRANTED_ON_PROJECT.includes(role))).toEqual([])
})
