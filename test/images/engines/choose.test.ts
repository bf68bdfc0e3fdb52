import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chooseEngine, type Probes } from '../../../src/images/engines/choose.ts'
import { engineName } from '../../../src/images/engines/engine.ts'
import { isAtLeast } from '../../../src/images/engines/version.ts'

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8')

const NOTHING: Probes = {
  address: null,
  buildctl: null,
  buildkit: null,
  docker: null,
  trouble: null,
  buildx: null,
  builder: null,
}
const DOCKER_20 = { ...NOTHING, docker: recorded('docker-version.json') }
const versions = (client: string, server: string | null): string =>
  JSON.stringify({ Client: { Version: client }, Server: server === null ? null : { Version: server } })

/** The engine in words, or the problem. */
function chosen(probes: Probes): string {
  const choice = chooseEngine(probes)
  return choice.kind === 'chosen'
    ? `${choice.engine.kind}: ${engineName(choice.engine)}`
    : choice.problem.what
}

test('an old docker without a plugin builds by itself', () => {
  expect(chosen(DOCKER_20)).toBe('docker: docker build 20.10.24+dfsg1')
})

test('the plugin decides by its builder who pushes', () => {
  const buildx = recorded('buildx-version.txt')
  expect(chosen({ ...DOCKER_20, buildx, builder: recorded('buildx-inspect-remote.txt') })).toBe(
    'buildx: docker buildx v0.29.1 (BuildKit v0.25.2)',
  )
  expect(chosen({ ...DOCKER_20, buildx, builder: recorded('buildx-inspect-docker.txt') })).toBe(
    'buildx-daemon: docker buildx v0.29.1 (BuildKit v0.8+unknown)',
  )
  expect(chosen({ ...DOCKER_20, buildx, builder: null })).toBe('buildx-daemon: docker buildx v0.29.1')
})

test('of several nodes the oldest BuildKit counts', () => {
  const node = (version: string): string => `Name: n\nBuildKit version: ${version}\n`
  const builder = `Name: many\nDriver: docker-container\n\nNodes:\n${node('v0.29.0')}${node('v0.9.3')}${node('v0.28.1')}`
  expect(chosen({ ...DOCKER_20, buildx: recorded('buildx-version.txt'), builder })).toContain(
    '(BuildKit v0.9.3)',
  )
})

test('a daemon that is named comes first', () => {
  const named = { ...DOCKER_20, address: 'tcp://127.0.0.1:1234' }
  const buildctl = recorded('buildctl-version.txt')
  const buildkit = recorded('buildctl-info.txt')
  expect(chosen({ ...named, buildctl, buildkit })).toBe(
    'buildctl: buildctl v0.25.2 at tcp://127.0.0.1:1234 (BuildKit v0.25.2)',
  )
  expect(chosen({ ...named, buildctl: null, buildkit })).toContain('there is no buildctl')
  expect(chosen({ ...named, buildctl, buildkit: null })).toContain(
    'no BuildKit daemon answers at tcp://127.0.0.1:1234',
  )
  expect(chosen({ ...DOCKER_20, address: '' })).toContain('docker build')
})

test.each<readonly [string, Probes, string]>([
  ['nothing is there', NOTHING, 'no container engine was found'],
  ['docker prints no JSON', { ...NOTHING, docker: 'oops' }, 'no container engine was found'],
  [
    'the daemon does not answer',
    { ...NOTHING, docker: versions('28.2.2', null), trouble: 'permission denied' },
    'its daemon does not answer: permission denied',
  ],
  [
    'a new docker lacks the plugin',
    { ...NOTHING, docker: versions('28.2.2', '28.2.2') },
    'docker 28.2.2 has no buildx plugin',
  ],
  [
    'docker is older than BuildKit',
    { ...NOTHING, docker: versions('17.12.1', '17.12.1') },
    'builds without BuildKit',
  ],
  [
    'the daemon is older than BuildKit',
    { ...NOTHING, docker: versions('20.10.1', '17.12.1') },
    'builds without BuildKit',
  ],
])('%s', (_, probes, what) => {
  const choice = chooseEngine(probes)
  expect(choice).toMatchObject({
    kind: 'none',
    problem: { what: expect.stringContaining(what), remedy: expect.any(String) },
  })
})

test('versions are numbers, and what comes before a release is not the release', () => {
  expect(
    ['0.28.1', 'v0.28.1', 'v0.29.0', '1.0', 'v0.28.10', 'v0.28.1+azure'].filter(
      (v) => !isAtLeast(v, [0, 28, 1]),
    ),
  ).toEqual([])
  expect(
    ['0.28.0', 'v0.9.9', '0.28.1-rc1', '', 'unknown', 'v0.8+unknown'].filter((v) => isAtLeast(v, [0, 28, 1])),
  ).toEqual([])
})
