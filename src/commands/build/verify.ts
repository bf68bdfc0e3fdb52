import { isDigest, parseImageReference } from '../../domain/digest.ts'
import { SluiceError, usageError } from '../../domain/error.ts'
import { formatSize } from '../../domain/quantity.ts'
import type { Report } from '../command.ts'
import type { OpenEnvironment } from '../environment.ts'

/** `build --verify IMAGE@DIGEST`: reads back what the registry has, every byte held against its digest. */
export async function verifyImage(environment: OpenEnvironment, text: string): Promise<Report> {
  const at = text.lastIndexOf('@')
  const [name, digest] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || !isDigest(digest)) {
    throw usageError({
      what: `--verify ${text} is not IMAGE@DIGEST`,
      rule: 'a digest is sha256: and 64 hex digits; a tag can move',
      remedy: 'take the reference from images.json',
    })
  }
  const provider = await environment.provider()
  const repository = (await provider.targets()).registries[name] ?? name
  const reference = parseImageReference(`${repository}@${digest}`)
  const found = await provider.images.inspect(`${repository}@${digest}`, 'whole')
  if (reference === undefined || found === undefined) {
    throw new SluiceError('stale', 'user', {
      what: `${repository} has no image ${digest}`,
      remedy: `run "sluice build --env ${environment.system.environment.name}" and use the digest that it prints`,
    })
  }
  const attached = attachedTo(found.attestations)
  const labels = Object.entries(found.labels).map(([label, value]) => `| ${label} | ${value} |`)
  return {
    command: 'build',
    outcome: 'done',
    message: `${repository}@${found.digest} is there and intact: ${formatSize(found.size)}, ${found.platforms.join(', ')}; ${attached}`,
    outputs: {},
    data: { verified: { repository, ...found } },
    summary: ['| label | value |', '| --- | --- |', ...labels, `| attestations | ${attached} |`, ''].join(
      '\n',
    ),
  }
}

/** Whether somebody says where it comes from. Whose signature that carries is judged by who knows whom to trust. */
function attachedTo(statements: readonly string[] = []): string {
  const provenance = statements.some((type) => /^https:\/\/slsa\.dev\/provenance\//.test(type))
  const all = statements.length === 0 ? '' : ` (${[...new Set(statements)].join(', ')})`
  return `${provenance ? 'a provenance attestation is attached' : 'no provenance attestation is attached'}${all}`
}
