import { expect, test } from 'vitest'
import { unbuiltIn } from '../../src/commands/infrastructure/unbuilt.ts'
import { unbuiltFunctions } from '../../src/plan/unbuilt.ts'

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

test('its stack waits for build, and says what to do', () => {
  const planned = (name: string) => ({
    changes: all('create').filter(({ address }) => address.endsWith(name)) as never,
  })
  expect(unbuiltIn(configuration, planned('fresh'))).toMatch(
    /^aws_lambda_function.fresh would be made of .*:template, .*Run "sluice build"/,
  )
  expect(unbuiltIn(configuration, planned('built'))).toBeUndefined()
})
