import { expect, test } from 'vitest'
import { refuseUnbuilt, warnOfUnbuilt } from '../../src/commands/infrastructure/unbuilt.ts'
import { unbuiltFunctions } from '../../src/plan/unbuilt.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'

const REPOSITORY = '222222222222.dkr.ecr.us-east-1.amazonaws.com/films/api'
const configuration = {
  resource: {
    aws_lambda_function: {
      fresh: { image_uri: `${REPOSITORY}:template` },
      built: { image_uri: `${REPOSITORY}@sha256:${'a'.repeat(64)}` },
      zipped: { filename: 'api.zip' },
    },
  },
}
const all = (action: 'create' | 'replace' | 'update' | 'delete') =>
  ['fresh', 'built', 'zipped', 'gone'].map((name) => ({ address: `aws_lambda_function.${name}`, action }))

test.each(['create', 'replace'] as const)(
  'a function is not made of an image that is not there: %s',
  (how) => {
    expect(unbuiltFunctions(configuration, all(how))).toEqual([
      { address: 'aws_lambda_function.fresh', image: `${REPOSITORY}:template` },
    ])
  },
)

test('one that is there keeps the image that rollouts gave it', () => {
  for (const how of ['update', 'delete'] as const)
    expect(unbuiltFunctions(configuration, all(how))).toEqual([])
  for (const nothing of [undefined, null, 'text', {}, { resource: [] }]) {
    expect(unbuiltFunctions(nothing, all('create'))).toEqual([])
  }
})

test('a plan warns of it, and its apply is refused with what to do', async () => {
  const folder = '/project/.sluice/production/stacks/compute'
  const { files, log, events } = fakeRuntime({
    files: { [`${folder}/cdk.tf.json`]: JSON.stringify(configuration) },
  })
  const planned = (name: string) => {
    const changes = all('create').filter(({ address }) => address.endsWith(name))
    return [{ stack: { name: 'compute', folder, dependsOn: [] }, plan: { changes: changes as never } }]
  }
  await warnOfUnbuilt({ files, log }, planned('fresh'))
  expect(events).toEqual([expect.objectContaining({ level: 'warning' })])
  await expect(refuseUnbuilt(files, planned('fresh'))).rejects.toThrow(/fresh would be made of .*:template/)
  await expect(refuseUnbuilt(files, planned('fresh'))).rejects.toMatchObject({ outcome: 'refused' })
  await expect(refuseUnbuilt(files, planned('built'))).resolves.toBeUndefined()
})
