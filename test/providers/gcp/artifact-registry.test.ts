import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Secret } from '../../../src/domain/secret.ts'
import { artifactRegistryLogins } from '../../../src/providers/gcp/artifact-registry.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { client, errorOf } from '../../images/registry/client.ts'
import { putImage } from '../../world/registry/images.ts'
import { startFakeRegistry } from '../../world/registry/server.ts'

const HOST = 'europe-west1-docker.pkg.dev'
const accessToken = async () => ({ token: new Secret('ya29.canary'), expiresAt: 1_900_000_000_000 })
const failing = async () => {
  throw new Error('no credentials here')
}

test('an access token is the password of oauth2accesstoken, with its end', async () => {
  const found = await artifactRegistryLogins(fakeRuntime(), { accessToken }).of(HOST)
  expect([found?.username, found?.password.reveal(), found?.expiresAt]).toEqual([
    'oauth2accesstoken',
    'ya29.canary',
    1_900_000_000_000,
  ])
})

test.each(['ghcr.io', 'docker.io', 'pkg.dev', 'europe-docker.pkg.dev.evil.example', 'xgcr.io'])(
  '%s is not its business',
  async (host) => {
    expect(await artifactRegistryLogins(fakeRuntime(), { accessToken }).of(host)).toBeUndefined()
  },
)

test('without a login gcr.io is used as nobody, Artifact Registry not at all', async () => {
  const logins = artifactRegistryLogins(fakeRuntime(), { accessToken: failing })
  expect(await logins.of('gcr.io')).toBeUndefined()
  expect((await errorOf(logins.of(HOST))).message).toBe('no credentials here')
})

test('the token that gcloud gives a workflow is used as it is', async () => {
  const runtime = fakeRuntime({ env: { CLOUDSDK_AUTH_ACCESS_TOKEN: 'given' } })
  expect((await artifactRegistryLogins(runtime).of(HOST))?.password.reveal()).toBe('given')
})

test('application default credentials become a token; their absence says what to run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-adc-'))
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token: 'ya29.federated', expires_in: 3600, token_type: 'Bearer' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [credentials, subject] = [join(folder, 'adc.json'), join(folder, 'subject')]
  writeFileSync(subject, 'the token of the workflow')
  // As google-github-actions/auth writes it for a workflow (workload identity federation).
  writeFileSync(
    credentials,
    JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${origin}/v1/token`,
      credential_source: { file: subject },
    }),
  )
  try {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', credentials)
    const found = await artifactRegistryLogins(fakeRuntime(), { project: 'films' }).of(HOST)
    expect(found?.password.reveal()).toBe('ya29.federated')
    expect(found?.expiresAt).toBeGreaterThan(Date.now())
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'nothing'))
    const error = await errorOf(artifactRegistryLogins(fakeRuntime(), { project: 'films' }).of(HOST))
    expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
    expect((error as { remedy?: string }).remedy).toContain('gcloud auth application-default login')
  } finally {
    vi.unstubAllEnvs()
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a registry with a token server lets that login in', async () => {
  await using registry = client({
    credentials: {
      of: (host) => artifactRegistryLogins(fakeRuntime(), { accessToken, hosts: [host] }).of(host),
    },
  })
  const users = { oauth2accesstoken: 'ya29.canary' }
  const now = () => registry.runtime.clock.now()
  await using server = await startFakeRegistry({ access: { kind: 'bearer', users, life: 300, now } })
  const { digest } = putImage(server.store, 'project/images/api', { tag: 'v1' })
  expect((await registry.head(`${server.host}/project/images/api:v1`))?.digest).toBe(digest)
  expect(server.gate.logins).toEqual([
    { user: 'oauth2accesstoken', scopes: ['repository:project/images/api:pull'] },
  ])
})
