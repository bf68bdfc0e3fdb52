import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { usageError } from '../../../src/domain/error.ts'
import { publishedTargets } from '../../../src/domain/stacks/published-targets.ts'
import { readTargets } from '../../../src/providers/aws/targets.ts'
import type { ProviderContext } from '../../../src/providers/provider.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { errorOf } from '../../images/registry/client.ts'

const ACCOUNT = '222222222222'
const PUBLISHED = 's3://films-production-ledger-222222222222/sluice/targets.json'

const targetsOf = (change: object = {}): string =>
  JSON.stringify({
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'production',
    registries: { api: 'r/api' },
    ledger: 's3://films-production-ledger-222222222222/ledger',
    ...change,
  })

/** @param here the file that an apply on this machine left. */
async function read(here: string | undefined, published: string | Error | undefined) {
  const runtime = fakeRuntime()
  if (here !== undefined) await runtime.files.write('/films/.sluice/production/targets.json', here)
  const asked: string[] = []
  const context = {
    runtime,
    system: { name: 'films', environment: { name: 'production', cloud: 'aws' } },
    state: '/films/.sluice/production',
  } as unknown as ProviderContext
  const objects = {
    read: async (uri: string) => {
      asked.push(uri)
      if (published instanceof Error) throw published
      if (published === undefined) return undefined
      const info = { uri, size: published.length, etag: 'e' }
      return { info, body: Readable.from([Buffer.from(published)]) }
    },
  }
  return { targets: readTargets(context, ACCOUNT, objects), asked }
}

test('what apply left on this machine is enough', async () => {
  const { targets, asked } = await read(targetsOf(), undefined)
  expect(await targets).toMatchObject({ registries: { api: 'r/api' }, services: {} })
  expect(asked).toEqual([])
})

test('another machine reads what apply published beside the ledger, and nothing else', async () => {
  const { targets, asked } = await read(undefined, targetsOf())
  expect(await targets).toMatchObject({ registries: { api: 'r/api' } })
  expect(asked).toEqual([PUBLISHED])
  expect(publishedTargets('s3://films-production-ledger-222222222222/ledger')).toBe(PUBLISHED)
})

test.each([
  ['no object', undefined],
  [
    'no bucket',
    usageError({ what: 'no bucket' }, Object.assign(new Error('none'), { name: 'NoSuchBucket' })),
  ],
])('where there is %s it says to apply first', async (_, published) => {
  const error = await errorOf((await read(undefined, published)).targets)
  expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
  expect(error.message).toContain(PUBLISHED)
  expect((error as { remedy?: string }).remedy).toContain('sluice apply --env production')
})

test('R24 who may not look is told so, and not that nothing is applied', async () => {
  const denied = Object.assign(new Error('AccessDenied'), { outcome: 'cannot-observe' })
  const error = await errorOf((await read(undefined, denied)).targets)
  expect(error.message).not.toContain('not applied')
})

test.each([
  [
    'of another environment',
    targetsOf({ environment: 'staging' }),
    'usage',
    'of environment staging of films',
  ],
  ['of another system', targetsOf({ system: 'shop' }), 'usage', 'of environment production of shop'],
  ['cut off', targetsOf().slice(0, 60), 'external', 'damaged'],
  ['of another schema', targetsOf({ schema: 'sluice.targets/v2' }), 'external', 'damaged'],
  ['without a ledger', targetsOf({ ledger: undefined }), 'external', 'damaged'],
])('targets %s are refused, wherever they stand', async (_, content, outcome, said) => {
  for (const { targets } of [await read(content, undefined), await read(undefined, content)]) {
    const error = await errorOf(targets)
    expect(error).toMatchObject({ outcome })
    expect(error.message).toContain(said)
  }
})
