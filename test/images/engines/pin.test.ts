import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import { pinDockerfile } from '../../../src/images/engines/pin.ts'
import { evaluateStages } from '../../../src/tools/dockerfile/evaluate.ts'
import { imagesOf } from '../../../src/tools/dockerfile/images.ts'
import { parseDockerfile } from '../../../src/tools/dockerfile/parse.ts'

const digest = digestOf('an image')

function pinned(text: string, target?: string): { images: readonly string[]; text: string } {
  const dockerfile = parseDockerfile(text, 'Dockerfile')
  const stages = evaluateStages(dockerfile, {
    args: {},
    platform: 'linux/amd64',
    ...(target === undefined ? {} : { target }),
  })
  const images = imagesOf(stages)
  const bases = Object.fromEntries(images.map((name) => [name, digest]))
  return { images, text: pinDockerfile(text, dockerfile, stages, bases).replaceAll(digest, 'D') }
}

test.each<readonly [string, string]>([
  ['FROM node:24\n', 'FROM node:24@D\n'],
  ['from  --platform=$BUILDPLATFORM node:24 AS x\n', 'from  --platform=$BUILDPLATFORM node:24@D AS x\n'],
  ['ARG V=24\nFROM node:$V\n', 'ARG V=24\nFROM node:24@D\n'],
  ['ARG B=node:24\nFROM $B AS one\nFROM one\n', 'ARG B=node:24\nFROM node:24@D AS one\nFROM one\n'],
  ['FROM a AS one\nFROM one AS two\nFROM two\n', 'FROM a@D AS one\nFROM one AS two\nFROM two\n'],
  ['FROM a AS one\nFROM b\nCOPY --from=one /x /x\n', 'FROM a@D AS one\nFROM b@D\nCOPY --from=one /x /x\n'],
  ['FROM a\nCOPY --from=b:1 /x /x\n', 'FROM a@D\nCOPY --from=b:1@D /x /x\n'],
  [
    'FROM a\nRUN --mount=type=bind,from=b:1,target=/b \\\n  ls /b\n',
    'FROM a@D\nRUN --mount=type=bind,from=b:1@D,target=/b \\\n  ls /b\n',
  ],
  ['FROM scratch\nCOPY x /\n', 'FROM scratch\nCOPY x /\n'],
  ['FROM a\nCOPY --from=b /x /x\nFROM 0\nRUN ls\n', 'FROM a@D\nCOPY --from=b@D /x /x\nFROM 0\nRUN ls\n'],
])('R27 %j', (text, expected) => {
  expect(pinned(text).text).toBe(expected)
})

test('R27 an image that the target does not need is neither asked for nor touched', () => {
  const text = 'FROM a AS one\nFROM b AS two\nFROM c AS three\nCOPY --from=one / /\n'
  expect(pinned(text)).toEqual({
    images: ['a', 'c'],
    text: text.replace('FROM a', 'FROM a@D').replace('FROM c', 'FROM c@D'),
  })
  expect(pinned(text, 'one')).toEqual({ images: ['a'], text: text.replace('FROM a', 'FROM a@D') })
})

test('R27 an image that names its digest stays as it is', () => {
  const text = `FROM a@${digest}\n`
  expect(pinned(text).text).toBe(text.replace(digest, 'D'))
})

test('R27 what cannot be pinned is refused with its place', () => {
  expect(() => pinned('FROM \\\n  a\n')).toThrow('Dockerfile:1: a was not found')
})

test('every line of the Dockerfile stays in its place', () => {
  const line = fc.constantFrom(
    'RUN echo FROM a',
    '# FROM a',
    'COPY --from=b /x /y',
    'FROM a',
    'FROM b AS s',
    'ENV X=a',
    '',
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = ['FROM a AS first', ...lines].join('\n')
      const result = pinned(text).text
      expect(result.replaceAll('@D', '')).toBe(text)
    }),
  )
})
