import type { ECRClient } from '@aws-sdk/client-ecr'
import { externalError, usageError } from '../../domain/error.ts'
import { Secret } from '../../domain/secret.ts'
import type { CredentialSource, Credentials } from '../../images/registry/credentials.ts'
import { missingRepository } from '../../images/registry/trouble.ts'
import { type AwsSession, settingsFor } from './session.ts'
import { awsTrouble, codeOf, statusOf } from './trouble.ts'

/** @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html */
const ECR_HOST = /^\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/

/** The region of a host of ECR; undefined for other registries. */
export function ecrRegion(host: string): string | undefined {
  return ECR_HOST.exec(host)?.[1]
}

export interface EcrOptions {
  /** Hosts that are ECR's under another name: an emulator, or an endpoint of one's own. */
  readonly hosts?: readonly string[]
}

/** Logs in at ECR, in whatever region and account a host is, with the credentials of the session. A login holds 12 hours. */
export function ecrLogins(session: AwsSession, { hosts = [] }: EcrOptions = {}): CredentialSource {
  return {
    async of(host) {
      const region = ecrRegion(host) ?? (hosts.includes(host) ? session.region : undefined)
      return region === undefined ? undefined : login(session, region, host)
    },
  }
}

async function login(session: AwsSession, region: string, host: string): Promise<Credentials> {
  const { GetAuthorizationTokenCommand } = await import('./sdk/ecr.ts')
  const what = `logging in at ${host}`
  const given = await withEcr(session, region, what, 'ecr:GetAuthorizationToken', async (ecr) => {
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}), session.call)
    return authorizationData?.[0]
  })
  const text = Buffer.from(given?.authorizationToken ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw externalError('service', { what: `${what}: ECR gives no authorization token` })
  return {
    username: text.slice(0, colon),
    password: new Secret(text.slice(colon + 1)),
    ...(given?.expiresAt === undefined ? {} : { expiresAt: given.expiresAt.getTime() }),
  }
}

/**
 * Sees that a repository is there before anything is built for it.
 *
 * @param repository its name, without the host.
 * @throws SluiceError usage where it is not: the stack `foundation` makes it.
 */
export async function requireRepository(session: AwsSession, repository: string): Promise<void> {
  const { DescribeRepositoriesCommand } = await import('./sdk/ecr.ts')
  const host = `${session.account}.dkr.ecr.${session.region}.amazonaws.com`
  const asked = `looking for the repository ${repository}`
  await withEcr(session, session.region, asked, 'ecr:DescribeRepositories', async (ecr) => {
    try {
      await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repository] }), session.call)
    } catch (error) {
      throw codeOf(error) === 'RepositoryNotFoundException' ? missingRepository(host, repository) : error
    }
  })
}

async function withEcr<T>(
  session: AwsSession,
  region: string,
  what: string,
  permission: string,
  work: (ecr: ECRClient) => Promise<T>,
): Promise<T> {
  const { ECRClient } = await import('./sdk/ecr.ts')
  const ecr = new ECRClient({ ...settingsFor(session, 'ECR'), region })
  try {
    return await work(ecr)
  } catch (error) {
    session.call.abortSignal.throwIfAborted()
    if (codeOf(error) !== 'AccessDeniedException' && statusOf(error) !== 403) throw awsTrouble(what, error)
    throw usageError(
      {
        what: `${what}: not permitted: ${(error as Error).message}`,
        rule: `images need the permission ${permission}`,
        remedy: `give the role that Sluice runs as ${permission}`,
      },
      error,
    )
  } finally {
    ecr.destroy()
  }
}
