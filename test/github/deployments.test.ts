import { expect, test } from 'vitest'
import { deploymentsOf } from '../../src/github/deployments.ts'
import { gitHubClient } from '../world/github/client.ts'
import { strike } from '../world/github/faults.ts'
import { startFakeGitHub } from '../world/github/server.ts'

const COMMIT = 'c'.repeat(40)
const made = { environment: 'production', commit: COMMIT, release: 'sha256:1', description: 'sluice' }

test('a deployment is made of exactly this commit, merges nothing and waits for no checks', async () => {
  await using github = await startFakeGitHub()
  const deployments = deploymentsOf(gitHubClient(github).rest)
  const one = await deployments.create(made)
  expect(github.store.deployments).toMatchObject([
    { sha: COMMIT, environment: 'production', task: 'deploy', payload: { sluice: { release: 'sha256:1' } } },
  ])
  expect(await deployments.stateOf(one)).toBe('pending')
  await deployments.say(one, { state: 'in_progress', log: 'https://github.com/acme/shop/actions/runs/7' })
  await deployments.say(one, { state: 'success', url: 'https://shop.test', description: 'x'.repeat(200) })
  expect(await deployments.stateOf(one)).toBe('success')
  expect(github.store.deployments[0]?.statuses).toMatchObject([
    { state: 'in_progress', log_url: 'https://github.com/acme/shop/actions/runs/7' },
    { state: 'success', environment_url: 'https://shop.test', description: 'x'.repeat(140) },
  ])
})

test('what others have deployed is not ours, however GitHub hands its payload over', async () => {
  await using github = await startFakeGitHub()
  const deployments = deploymentsOf(gitHubClient(github).rest)
  const foreign = { sha: COMMIT, task: 'deploy', environment: 'production', description: '', statuses: [] }
  github.store.deployments.push(
    { ...foreign, id: 1, payload: '' },
    { ...foreign, id: 2, payload: '{"sluice":{"release":"sha256:2"}}' },
    { ...foreign, id: 3, payload: { sluice: { release: 'sha256:3' } } },
    { ...foreign, id: 4, payload: '{nonsense' },
    { ...foreign, id: 5, payload: { sluice: { release: 'sha256:5' } }, environment: 'test' },
  )
  expect(await deployments.recent('production')).toEqual([
    { id: 3, release: 'sha256:3' },
    { id: 2, release: 'sha256:2' },
  ])
})

test('a deployment whose answer is lost is not made twice', async () => {
  await using github = await startFakeGitHub()
  github.faults = strike('POST', /deployments$/, { kind: 'lost' })
  await expect(deploymentsOf(gitHubClient(github).rest).create(made)).rejects.toThrow()
  expect(github.store.deployments).toHaveLength(1)
})
