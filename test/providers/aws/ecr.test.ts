import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { ecrLogins, ecrRegion, requireRepository } from '../../../src/providers/aws/ecr.ts'
import { errorOf } from '../../images/registry/client.ts'
import { testSession } from './session.ts'

const HOST = '123456789012.dkr.ecr.us-east-1.amazonaws.com'

type Answer = { readonly status: number; readonly body: object } | 'hang'

/** ECR as its JSON protocol answers; see the API reference of GetAuthorizationToken and DescribeRepositories. */
async function fakeEcr(answer: Answer) {
  const asked: { target: string; scope: string }[] = []
  const server = createServer((request: IncomingMessage, response) => {
    request.resume()
    asked.push({
      target: String(request.headers['x-amz-target']).split('.')[1] ?? '',
      scope: /Credential=[^/]+\/\d+\/([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '',
    })
    if (answer === 'hang') return
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const tokenOf = (text: string): Answer => ({
  status: 200,
  body: {
    authorizationData: [
      { authorizationToken: Buffer.from(text).toString('base64'), expiresAt: 1_800_000_000 },
    ],
  },
})
const refused = (type: string, status = 400): Answer => ({
  status,
  body: { __type: type, message: 'it said no' },
})

test.each([
  [HOST, 'us-east-1'],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
  ['123456789012.dkr-ecr.eu-west-1.on.aws', 'eu-west-1'],
  ['public.ecr.aws', undefined],
  ['123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example', undefined],
  ['ghcr.io', undefined],
])('the region of %s is %s', (host, region) => {
  expect(ecrRegion(host)).toBe(region)
})

test('the token is a user and a password with an end, asked for in the region of the host', async () => {
  await using ecr = await fakeEcr(tokenOf('AWS:pass:word'))
  const found = await ecrLogins(testSession(ecr)).of(HOST)
  expect([found?.username, found?.password.reveal(), found?.expiresAt]).toEqual([
    'AWS',
    'pass:word',
    1_800_000_000_000,
  ])
  expect(ecr.asked).toEqual([{ target: 'GetAuthorizationToken', scope: 'us-east-1' }])
})

test('other registries are not its business', async () => {
  await using ecr = await fakeEcr(tokenOf('AWS:x'))
  expect(await ecrLogins(testSession(ecr)).of('ghcr.io')).toBeUndefined()
  expect(ecr.asked).toEqual([])
})

test.each([
  ['no token', { status: 200, body: { authorizationData: [] } }, 'external', 'no authorization token'],
  ['a refusal', refused('AccessDeniedException'), 'usage', 'ecr:GetAuthorizationToken'],
  ['unknown credentials', refused('UnrecognizedClientException'), 'usage', 'takes no credentials'],
  ['a failure', refused('ServerException', 500), 'external', 'ServerException'],
] satisfies [string, Answer, string, string][])(
  '%s is an error that says so',
  async (_, answer, outcome, said) => {
    await using ecr = await fakeEcr(answer)
    const error = await errorOf(ecrLogins(testSession(ecr)).of(HOST))
    expect(error).toMatchObject({ outcome })
    expect(error.message).toContain(`logging in at ${HOST}`)
    expect(error.message).toContain(said)
  },
)

test('ECR that does not answer is given up', async () => {
  await using ecr = await fakeEcr('hang')
  const error = await errorOf(ecrLogins(testSession({ ...ecr, timeout: 200 })).of(HOST))
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
})

test('a missing repository says who makes it; one that is there is fine', async () => {
  {
    await using ecr = await fakeEcr(refused('RepositoryNotFoundException'))
    const error = await errorOf(requireRepository(testSession(ecr), 'shop/prod/api'))
    expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
    expect(error.message).toBe(
      'registry 123456789012.dkr.ecr.eu-west-1.amazonaws.com has no repository shop/prod/api' +
        ' (repositories belong to the stack "foundation")',
    )
    expect((error as { remedy?: string }).remedy).toContain('sluice apply')
  }
  await using ecr = await fakeEcr({ status: 200, body: { repositories: [{}] } })
  await requireRepository(testSession(ecr), 'shop/prod/api')
  expect(ecr.asked).toEqual([{ target: 'DescribeRepositories', scope: 'eu-west-1' }])
})
