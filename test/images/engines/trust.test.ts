import { expect, test } from 'vitest'
import type { Engine } from '../../../src/images/engines/engine.ts'
import { distrust, trustOf } from '../../../src/images/engines/trust.ts'
import { builtImage } from '../../tools/context/tree.ts'

const pull = (name: string | null) => ({
  pull_request: { head: { repo: name === null ? null : { full_name: name } } },
})

test.each<readonly [string, Record<string, string>, unknown, 'own' | 'foreign']>([
  ['no CI', {}, undefined, 'own'],
  ['a push', { GITHUB_EVENT_NAME: 'push', GITHUB_REPOSITORY: 'o/r' }, {}, 'own'],
  [
    'a pull request of a branch',
    { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REPOSITORY: 'o/r' },
    pull('o/r'),
    'own',
  ],
  [
    'a pull request of a fork',
    { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REPOSITORY: 'o/r' },
    pull('x/r'),
    'foreign',
  ],
  [
    'a fork that is gone',
    { GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_REPOSITORY: 'o/r' },
    pull(null),
    'foreign',
  ],
  [
    'an event that cannot be read',
    { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REPOSITORY: 'o/r' },
    undefined,
    'foreign',
  ],
  [
    'a run after a fork',
    { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REPOSITORY: 'o/r' },
    { workflow_run: { head_repository: { full_name: 'x/r' } } },
    'foreign',
  ],
  [
    'a run after a push',
    { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REPOSITORY: 'o/r' },
    { workflow_run: { head_repository: { full_name: 'o/r' } } },
    'own',
  ],
  ['a comment', { GITHUB_EVENT_NAME: 'issue_comment', GITHUB_REPOSITORY: 'o/r' }, {}, 'foreign'],
  ['another CI that says so', { SLUICE_TRUST: 'foreign' }, undefined, 'foreign'],
])('R46 %s', (_, env, event, expected) => {
  expect(trustOf(env, event)).toBe(expected)
})

const engine = (buildkit: string | null): Engine =>
  buildkit === null
    ? { kind: 'docker', version: '20.10.24', buildkit }
    : { kind: 'buildx', version: 'v0.29.1', buildkit }
const problems = (
  buildkit: string | null,
  more: { syntax?: string; secrets?: Record<string, string>; ssh?: boolean } = {},
) =>
  distrust('foreign', engine(buildkit), {
    image: builtImage({ secrets: more.secrets ?? {}, ssh: more.ssh ?? false }),
    file: 'api/Dockerfile',
    syntax: more.syntax,
  }).map(({ what }) => what)

test.each([
  ['v0.28.1', 0],
  ['v0.30.0', 0],
  ['v0.28.0', 1],
  ['v0.28.1-rc1', 1],
  ['v0.8+unknown', 1],
  [null, 1],
])('R46 foreign code and BuildKit %s', (buildkit, count) => {
  expect(problems(buildkit)).toHaveLength(count)
})

test('R46 foreign code chooses no program of its own in the builder', () => {
  for (const syntax of [
    'docker/dockerfile:1',
    'docker.io/docker/dockerfile:1.7-labs',
    `docker/dockerfile@sha256:${'a'.repeat(64)}`,
  ]) {
    expect(problems('v0.28.1', { syntax })).toEqual([])
  }
  for (const syntax of [
    'evil/dockerfile:1',
    'docker/dockerfile.evil.example/x',
    'registry.example/docker/dockerfile:1',
    'docker/dockerfile:1 x',
  ]) {
    expect(problems('v0.28.1', { syntax })).toEqual([`# syntax=${syntax}`])
  }
})

test('R46 foreign code gets no secret and no SSH agent', () => {
  expect(problems('v0.28.1', { secrets: { token: 'TOKEN' } })).toEqual(['image api asks for secrets (token)'])
  expect(problems('v0.28.1', { ssh: true })).toEqual(['image api asks for the SSH agent'])
})

test('code of one’s own is built with what is there', () => {
  const built = { image: builtImage({ ssh: true }), file: 'Dockerfile', syntax: 'some/frontend' }
  expect(distrust('own', engine(null), built)).toEqual([])
})
