import { expect, test } from 'vitest'
import { dockerLogins } from '../../../src/images/registry/docker-config.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import type { Argv, ExecResult } from '../../../src/runtime/runtime.ts'
import { errorOf } from './client.ts'

const encoded = (text: string): string => Buffer.from(text).toString('base64')

function logins(config: object | string, helper?: (argv: Argv) => Partial<ExecResult>) {
  const runtime = fakeRuntime({
    env: { HOME: '/home/ada', PATH: '/bin' },
    files: { '/home/ada/.docker/config.json': typeof config === 'string' ? config : JSON.stringify(config) },
    ...(helper === undefined ? {} : { exec: helper }),
  })
  return { runtime, source: dockerLogins(runtime) }
}

async function login(config: object, host: string) {
  const found = await logins(config).source.of(host)
  return found === undefined ? undefined : [found.username, found.password.reveal()]
}

test('what docker login wrote is read, whatever form the host has there', async () => {
  const auth = encoded('ada:pass:word')
  expect(await login({ auths: { 'ghcr.io': { auth } } }, 'ghcr.io')).toEqual(['ada', 'pass:word'])
  expect(await login({ auths: { 'https://ghcr.io': { auth } } }, 'ghcr.io')).toEqual(['ada', 'pass:word'])
  expect(await login({ auths: { 'https://index.docker.io/v1/': { auth } } }, 'docker.io')).toEqual([
    'ada',
    'pass:word',
  ])
  expect(await login({ auths: { 'ghcr.io': { username: 'u', password: 'p' } } }, 'ghcr.io')).toEqual([
    'u',
    'p',
  ])
  expect(await login({ auths: { 'ghcr.io': { auth, identitytoken: 't' } } }, 'ghcr.io')).toEqual([
    '<token>',
    't',
  ])
  expect(await login({ auths: { 'ghcr.io.evil.example': { auth } } }, 'ghcr.io')).toBeUndefined()
  expect(await login({ auths: { 'ghcr.io': {} } }, 'ghcr.io')).toBeUndefined()
  expect(await login({}, 'ghcr.io')).toBeUndefined()
})

test('without the file nobody is logged in; DOCKER_CONFIG says where it is', async () => {
  expect(await dockerLogins(fakeRuntime({ env: { HOME: '/nobody' } })).of('ghcr.io')).toBeUndefined()
  const runtime = fakeRuntime({
    env: { DOCKER_CONFIG: '/elsewhere' },
    files: { '/elsewhere/config.json': JSON.stringify({ auths: { 'ghcr.io': { auth: encoded('a:b') } } }) },
  })
  expect((await dockerLogins(runtime).of('ghcr.io'))?.username).toBe('a')
})

test('R2 a helper is an argument vector with the host on standard input, and one of a host goes before the common one', async () => {
  const config = { credsStore: 'desktop', credHelpers: { 'ghcr.io': 'ghcr-login' } }
  const { runtime, source } = logins(config, () => ({
    stdout: JSON.stringify({ ServerURL: 'x', Username: 'AWS', Secret: 'canary' }),
  }))
  const found = await source.of('ghcr.io')
  expect([found?.username, found?.password.reveal()]).toEqual(['AWS', 'canary'])
  await source.of('docker.io')
  expect(runtime.ran.map(({ argv, options }) => [argv, options.input])).toEqual([
    [['docker-credential-ghcr-login', 'get'], 'ghcr.io'],
    [['docker-credential-desktop', 'get'], 'https://index.docker.io/v1/'],
  ])
})

test('a helper that knows nobody leaves it to the file', async () => {
  const config = { credsStore: 'desktop', auths: { 'ghcr.io': { auth: encoded('ada:pw') } } }
  const { source } = logins(config, () => ({
    code: 1,
    stdout: 'credentials not found in native keychain\n',
  }))
  expect((await source.of('ghcr.io'))?.username).toBe('ada')
})

test('R5 a helper that fails is named, and nothing that looks like its answer is shown', async () => {
  const failing = logins({ credsStore: 'desktop' }, () => ({ code: 1, stderr: 'no session bus' }))
  const failed = await errorOf(failing.source.of('ghcr.io'))
  expect(failed).toMatchObject({ outcome: 'external', whose: 'user' })
  expect(failed.message).toContain('docker-credential-desktop failed (1) for ghcr.io: no session bus')
  const garbled = logins({ credsStore: 'desktop' }, () => ({ stdout: 'canary-password' }))
  const error = await errorOf(garbled.source.of('ghcr.io'))
  expect(error.message).toContain('no login for ghcr.io that can be read')
  expect(JSON.stringify([error.message, error.cause ?? null])).not.toContain('canary')
})

test.each(['../../bin/sh', 'a b', '-x', 'a;b', ''])('R2 the helper %j is refused, not run', async (name) => {
  const { runtime, source } = logins({ credHelpers: { 'ghcr.io': name } })
  const error = await errorOf(source.of('ghcr.io'))
  expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
  expect(runtime.ran).toEqual([])
})

test.each(['{', '[]', '{"auths":{"ghcr.io":{"auth":1}}}'])('a damaged file %j is named', async (text) => {
  const error = await errorOf(logins(text).source.of('ghcr.io'))
  expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
  expect(error.message).toContain('/home/ada/.docker/config.json')
})
