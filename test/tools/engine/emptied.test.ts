import { expect, test } from 'vitest'
import { emptied } from '../../../src/tools/engine/emptied.ts'

const stack = (backend: object, providers: Readonly<Record<string, object>>) => ({
  terraform: { required_version: '>= 1.10', backend, required_providers: providers },
  provider: Object.fromEntries(Object.keys(providers).map((name) => [name, [{ region: 'eu-west-1' }]])),
  resource: { aws_s3_bucket: { raw: { lifecycle: { prevent_destroy: true } } } },
  output: { sluice: {} },
})
const AWS = { source: 'hashicorp/aws' }
const ARCHIVE = { source: 'hashicorp/archive' }

test('what is left of a stack is its backend, at its state, and the providers of all', () => {
  const s3 = { s3: { bucket: 'states', key: 'films/pr/preview-7/foundation.tfstate', use_lockfile: true } }
  const all = [stack(s3, { aws: AWS }), stack(s3, { aws: AWS, archive: ARCHIVE })]
  expect(emptied(all, 'films/pr/preview-7/extra')).toEqual({
    terraform: {
      required_version: '>= 1.10',
      backend: { s3: { bucket: 'states', key: 'films/pr/preview-7/extra.tfstate', use_lockfile: true } },
      required_providers: { aws: AWS, archive: ARCHIVE },
    },
    provider: { aws: [{ region: 'eu-west-1' }], archive: [{ region: 'eu-west-1' }] },
  })
})

test('on Google Cloud the state is a prefix', () => {
  const gcs = { gcs: { bucket: 'states', prefix: 'films/pr/preview-7/foundation' } }
  const { terraform } = emptied([stack(gcs, {})], 'films/pr/preview-7/data')
  expect(terraform).toMatchObject({
    backend: { gcs: { bucket: 'states', prefix: 'films/pr/preview-7/data' } },
  })
})

test('a state somewhere else is never guessed', () => {
  expect(() => emptied([stack({ local: {} }, {})], 'x')).toThrow('states in local are not known')
})
