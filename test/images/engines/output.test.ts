import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../../../src/domain/secret.ts'
import { withLogins, writeLogins } from '../../../src/images/engines/login.ts'
import { digestOfMetadata, digestOfPush, isImmutableTag } from '../../../src/images/engines/made.ts'
import { type ProgressReader, plainProgress, rawJsonProgress } from '../../../src/images/engines/progress.ts'
import { roomFor } from '../../../src/images/engines/room.ts'

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8')
const GiB = 1024 ** 3

/** Steps and output in short, repeated steps once. */
function read(reader: ProgressReader, text: string): string[] {
  const seen = text
    .split('\n')
    .flatMap((line) =>
      reader(line).flatMap((event) =>
        event.kind === 'progress' ? [event.text] : event.kind === 'output' ? [`> ${event.line}`] : [],
      ),
    )
  return seen.filter((line, index) => line !== seen[index - 1])
}

test('the digest of a metadata file is that of the index where there is one', () => {
  expect(digestOfMetadata(recorded('buildx.metadata.json'))).toBe(
    'sha256:f0ebe559581c215d3d90980e818b8cda69befe2ee383fc6e2ef38fdf5cd26da5',
  )
  expect(digestOfMetadata(recorded('buildctl.metadata.json'))).toBe(
    'sha256:bd5ff17b4d5beb13dcaecadd15712025599477e717c1e3a2c776ee112613ebff',
  )
  for (const text of ['', '{', '[]', 'null', '{"containerimage.digest":"latest"}'])
    expect(digestOfMetadata(text)).toBeUndefined()
})

test('docker push tells the digest of the tag that was pushed, and of no other', () => {
  const text = recorded('docker-push.txt')
  expect(digestOfPush(text, 'fp-1')).toBe(
    'sha256:9bed9a09b142d9fc39c32881fa3fff615f14c388adc4ff4fd7a1ce27e398ea72',
  )
  expect(digestOfPush(text, 'fp-2')).toBeUndefined()
  expect(digestOfPush('', 'fp-1')).toBeUndefined()
})

test('a tag that may not move is told from other refusals', () => {
  const ecr =
    "tag invalid: The image tag 'fp-1' already exists in the 'api' repository and cannot be overwritten because the repository is immutable."
  expect(isImmutableTag(ecr)).toBe(true)
  expect(isImmutableTag('denied: requested access to the resource is denied')).toBe(false)
})

test('raw JSON of BuildKit becomes steps and output', () => {
  const lines = read(rawJsonProgress('api'), recorded('buildctl.rawjson'))
  expect(lines).toContain(
    '[one 2/2] RUN --mount=type=secret,id=tok cat /run/secrets/tok | wc -c > /n; echo X=-1 --y; echo err >&2',
  )
  expect(lines).toContain('> X=-1 --y')
  expect(lines).toContain('> err')
  expect(lines.filter((line) => line.includes('[internal]'))).toEqual([])
  expect(lines.filter((line) => line.startsWith('> {'))).toEqual([])
  expect(read(rawJsonProgress('api'), recorded('buildx.rawjson'))).toContain(
    '[stage-1 2/4] COPY . /c (cached)',
  )
})

test('a failed step of buildx tells its error and the lines of the Dockerfile', () => {
  const lines = read(rawJsonProgress('api'), recorded('buildx-failed.rawjson'))
  expect(lines).toContain('> no')
  expect(lines).toContain('>    2 | >>> RUN echo no; exit 7')
  expect(lines.at(-1)).toContain('exit code: 7')
})

test('plain progress of an old docker becomes steps and output', () => {
  expect(read(plainProgress('api'), recorded('docker-build.txt'))).toEqual([
    '[1/4] FROM registry.example:5000/base/busybox:1@sha256:4d3d24cc667b90eeea04fe6a05e8b9ff465152a346bb452f5996ca4f1234378a',
    '[2/4] RUN --mount=type=secret,id=tok cat /run/secrets/tok | wc -c > /n; echo X=-1 --y',
    '> X=-1 --y',
    '[2/4] RUN --mount=type=secret,id=tok cat /run/secrets/tok | wc -c > /n; echo X=-1 --y',
    '[3/4] COPY . /c',
    '[3/4] COPY . /c (cached)',
    '[4/4] RUN ls -la /c',
    '> total 12',
    '[4/4] RUN ls -la /c',
  ])
})

test('whatever an engine prints is read without an error', () => {
  for (const reader of [rawJsonProgress('api'), plainProgress('api')]) {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => `{"vertexes":${text}}`),
        ),
        (line) => void reader(line),
      ),
    )
  }
})

test('R5 logins go into a file that only we can read, in front of the user’s own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-login-'))
  try {
    const password = new Secret('hunter2hunter2')
    await writeLogins(folder, { DOCKER_CONFIG: '/nowhere' }, [
      { host: 'registry.example', username: 'AWS', password },
    ])
    const file = join(folder, 'config.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      auths: { 'registry.example': { auth: Buffer.from('AWS:hunter2hunter2').toString('base64') } },
      credHelpers: { 'registry.example': '' },
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what the user has for other registries stays', () => {
  const own = {
    auths: { 'ghcr.io': { auth: 'x' } },
    credsStore: 'desktop',
    credHelpers: { 'gcr.io': 'gcloud' },
    currentContext: 'far',
  }
  expect(withLogins(own, [])).toEqual(own)
  expect(withLogins(own, [{ host: 'docker.io', username: '<token>', password: new Secret('t') }])).toEqual({
    ...own,
    auths: { 'ghcr.io': { auth: 'x' }, 'https://index.docker.io/v1/': { identitytoken: 't' } },
    credHelpers: { 'gcr.io': 'gcloud', 'https://index.docker.io/v1/': '' },
  })
})

test('a build that does not fit is refused before it starts, one that may not is told', () => {
  const cuda = { bases: 8 * GiB, context: GiB }
  expect(roomFor(cuda, 5 * GiB, 'gpu')).toMatchObject({
    kind: 'full',
    problem: { remedy: expect.stringContaining('docker builder prune') },
  })
  expect(roomFor(cuda, 14 * GiB, 'gpu')).toMatchObject({
    kind: 'tight',
    text: expect.stringContaining('14 GiB are free'),
  })
  expect(roomFor(cuda, 60 * GiB, 'gpu')).toEqual({ kind: 'enough' })
  expect(roomFor(cuda, null, 'gpu')).toEqual({ kind: 'enough' })
  expect(roomFor({ bases: 1000, context: 1000 }, 1500, 'tiny')).toMatchObject({ kind: 'full' })
  expect(roomFor({ bases: 1000, context: 1000 }, 3000, 'tiny')).toEqual({ kind: 'enough' })
})
