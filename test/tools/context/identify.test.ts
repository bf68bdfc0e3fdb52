import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Digest, digestOf } from '../../../src/domain/digest.ts'
import type { Image } from '../../../src/domain/system/system.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { fingerprintOf, identifyBuild } from '../../../src/tools/context/identify.ts'
import { builtImage, folder, type Tree } from './tree.ts'

const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const options = (root: string, resolve?: (reference: string) => Promise<Digest>) =>
  ({ runtime, root, state: join(root, '.sluice/e'), builder: 'engine', bases: {}, resolve }) as const
const mirror: Image = { kind: 'mirror', name: 'mlflow', source: 'ghcr.io/mlflow/mlflow:v3' }

test.each<readonly [string, string, readonly string[]]>([
  [
    'every image that the target starts from or copies from',
    'FROM a:1 AS one\nFROM b\nCOPY --from=one x /\nCOPY --from=c/d:2 y /\n',
    ['a:1', 'b', 'c/d:2'],
  ],
  ['each once', 'FROM a AS one\nFROM a\nCOPY --from=one / /\nCOPY --from=a / /\n', ['a']],
  ['not what the target does not need', 'FROM a\nFROM b\nRUN x\n', ['b']],
  ['not scratch, and no stage', 'FROM scratch AS one\nFROM one\nCOPY x /\n', []],
  ['variables put in', 'ARG V=3\nFROM python:$V\n', ['python:3']],
])('R27 asked for: %s', async (_, dockerfile, expected) => {
  using place = folder({ Dockerfile: dockerfile, x: '1' } satisfies Tree)
  const asked: string[] = []
  const { bases } = await identifyBuild(
    builtImage(),
    options(place.path, async (reference) => {
      asked.push(reference)
      return digestOf(reference)
    }),
  )
  expect(asked).toEqual(expected)
  expect(Object.keys(bases)).toEqual(expected)
})

test('R27 a base image that moved makes another key, and so does the source of a mirror', async () => {
  using place = folder({ Dockerfile: 'FROM a\nCOPY . .', x: '1' })
  for (const image of [builtImage(), mirror]) {
    const key = (content: string | null): Promise<Digest> =>
      fingerprintOf(image, options(place.path, content === null ? undefined : async () => digestOf(content)))
    expect(await key('1')).toBe(await key('1'))
    expect(new Set(await Promise.all([key('1'), key('2'), key(null)])).size).toBe(3)
  }
})

test('an image that cannot be asked for stops the key', async () => {
  using place = folder({ Dockerfile: 'FROM a\nCOPY . .', x: '1' })
  const refuse = (): Promise<Digest> => Promise.reject(new Error('there is no image a'))
  await expect(fingerprintOf(builtImage(), options(place.path, refuse))).rejects.toThrow(
    'there is no image a',
  )
})
