import * as z from 'zod'
import type { Digest } from '../../domain/digest.ts'
import { hexOf } from '../../domain/digest.ts'
import { descriptorSchema } from '../../tools/oci/documents.ts'
import type { RemoteDocument } from './document.ts'
import { getManifest, pull } from './manifests.ts'
import type { Session } from './session.ts'
import { corrupted } from './trouble.ts'

/** What BuildKit writes on the layers of an attestation. @see https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
const BUILDKIT = 'in-toto.io/predicate-type'
/** What the actions of GitHub write on what they push (`push-to-registry`), and cosign. */
const SIGSTORE = 'dev.sigstore.bundle.predicateType'

const referrersSchema = z.looseObject({ manifests: z.array(descriptorSchema) })

/** Types of the statements inside of an index, one for each attestation that BuildKit made. */
export function statementsIn(documents: readonly RemoteDocument[]): readonly string[] {
  return documents.flatMap(({ content }) =>
    content.kind === 'image' ? content.layers.flatMap((layer) => layer.annotations?.[BUILDKIT] ?? []) : [],
  )
}

/**
 * Types of the statements that were attached later, by what refers to the digest (OCI Distribution Specification 1.1,
 * "Listing Referrers", with the tag that stands for it at registries without).
 */
export async function statementsOn(
  session: Session,
  repository: string,
  digest: Digest,
): Promise<readonly string[]> {
  const what = `referrers of ${repository}@${digest}`
  const { status, bytes } = await session.send({
    method: 'GET',
    path: `/v2/${repository}/referrers/${digest}`,
    scopes: pull(repository),
    expected: [200, 404],
    what,
  })
  const referrers =
    status === 404 ? await taggedReferrers(session, repository, digest) : parse(session, what, bytes)
  return referrers.flatMap(({ annotations }) => annotations?.[SIGSTORE] ?? [])
}

type Descriptors = z.infer<typeof referrersSchema>['manifests']

async function taggedReferrers(session: Session, repository: string, digest: Digest): Promise<Descriptors> {
  const found = await getManifest(session, repository, `sha256-${hexOf(digest)}`)
  return found?.content.kind === 'index' ? [...found.content.manifests] : []
}

function parse(session: Session, what: string, bytes: Uint8Array): Descriptors {
  try {
    return referrersSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).manifests
  } catch (cause) {
    throw corrupted(session.host, `${what} is no index`, cause)
  }
}
