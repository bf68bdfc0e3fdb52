import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { expect, test } from 'vitest'
import { ecrLogins, requireRepository } from '../../src/providers/aws/ecr.ts'
import { client, errorOf } from '../images/registry/client.ts'
import { testSession } from '../providers/aws/session.ts'
import { type Ministack, startMinistack } from '../real/ministack.ts'
import { describeReal } from '../real.ts'
import { putImage } from '../world/registry/images.ts'
import { startFakeRegistry } from '../world/registry/server.ts'
import { imageRegistryContract } from './image-registry.ts'

const sessionOf = ({ host, account, region }: Ministack) =>
  testSession({ account, region, endpoint: `http://${host}` })

async function makeRepository(server: Ministack, repositoryName: string): Promise<void> {
  const ecr = new ECRClient(sessionOf(server).clients)
  await ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }))
  ecr.destroy()
}

describeReal('ECR', ['ministack', 'skopeo'], () => {
  imageRegistryContract('ECR of ministack, with its token', async () => {
    const server = await startMinistack()
    return {
      host: server.host,
      credentials: ecrLogins(sessionOf(server), { hosts: [server.host] }),
      login: 'AWS:ministack-auth-token',
      make: (repository) => makeRepository(server, repository),
      close: () => server[Symbol.asyncDispose](),
    }
  })

  test('a repository that the foundation has not made is an error before and in a push', async () => {
    await using server = await startMinistack()
    await using from = await startFakeRegistry()
    const session = sessionOf(server)
    await makeRepository(server, 'shop/prod/api')
    await requireRepository(session, 'shop/prod/api')
    const before = await errorOf(requireRepository(session, 'shop/prod/web'))
    expect(before).toMatchObject({ outcome: 'usage', whose: 'user' })
    expect(before.message).toContain('has no repository shop/prod/web')
    const credentials = ecrLogins(session, { hosts: [server.host] })
    await using registry = client({ credentials, foundation: [server.host] })
    const { digest } = putImage(from.store, 'up/app')
    const target = `${server.host}/shop/prod`
    await registry.copy(`${from.host}/up/app@${digest}`, `${target}/api`)
    const during = await errorOf(registry.copy(`${from.host}/up/app@${digest}`, `${target}/web`))
    expect(during.message).toContain('repositories belong to the stack "foundation"')
  })
})
