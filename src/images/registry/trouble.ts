import { externalError, type SluiceError, usageError } from '../../domain/error.ts'
import type { Whole } from './line.ts'

/** OCI Distribution Spec 1.1, "Error Codes". */
export interface RegistryComplaint {
  readonly code: string
  readonly message: string
}

const LONGEST = 300

/** What the body of a refusal says; empty where it is not in the specification's form. */
export function complaints(bytes: Uint8Array): readonly RegistryComplaint[] {
  try {
    const { errors } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { errors?: unknown }
    if (!Array.isArray(errors)) return []
    return errors.flatMap((one: { code?: unknown; message?: unknown } | null) =>
      typeof one?.code === 'string'
        ? [{ code: one.code, message: typeof one.message === 'string' ? one.message.slice(0, LONGEST) : '' }]
        : [],
    )
  } catch {
    return []
  }
}

export function complains(bytes: Uint8Array, ...codes: readonly string[]): boolean {
  return complaints(bytes).some(({ code }) => codes.includes(code))
}

export function loginProblem(host: string, why: string): SluiceError {
  return externalError('user', {
    what: `registry ${host} lets us not in: ${why}`,
    rule: 'a registry is used with a login that may read, and write where images go',
    remedy: loginRemedy(host),
  })
}

/** @param what was asked for: `manifest shop/api:1`. */
export function refusal(host: string, what: string, { status, headers, bytes }: Whole): SluiceError {
  const said = complaints(bytes)
    .map(({ code, message }) => (message === '' ? code : `${code}: ${message}`))
    .join('; ')
  const text = `registry ${host} answers ${status} to ${what}${said === '' ? '' : ` (${said})`}`
  if (status === 401) {
    return externalError('user', {
      what: text,
      rule: 'the login has to be known to the registry',
      remedy: loginRemedy(host),
    })
  }
  if (status === 403) {
    return externalError('user', {
      what: text,
      rule: 'the login may read where images come from, and write where they go',
      remedy: `give the role or account that Sluice runs as these rights at ${host}`,
    })
  }
  if (status === 404) {
    return externalError('user', {
      what: text,
      rule: 'what is asked for is there',
      remedy: 'check the name; a private repository without a login looks as if it were not there',
    })
  }
  if (status === 413) {
    return externalError('service', {
      what: text,
      rule: 'a registry takes the whole of a blob in one request',
      remedy: 'raise the size of a request at the proxy in front of the registry',
    })
  }
  if (status === 429) {
    const after = headers['retry-after']
    return externalError('service', {
      what: `${text}${after === undefined ? '' : `, and asks to wait ${after}`}`,
      rule: 'a registry limits how often it is asked, and asks less of who is logged in',
      remedy: `wait, or log in: ${loginRemedy(host)}`,
    })
  }
  if (status >= 500) {
    return externalError('service', {
      what: text,
      rule: 'a failing registry is asked a few times, with pauses',
      remedy: 'look at the status page of the registry, then run it again: what was copied stays copied',
    })
  }
  return externalError('service', { what: text, remedy: 'the answer of the registry says why' })
}

/** A repository that no push makes. */
export function missingRepository(host: string, repository: string): SluiceError {
  return usageError({
    what: `registry ${host} has no repository ${repository}`,
    rule: 'repositories belong to the stack "foundation"',
    remedy: 'run "sluice apply" of the stack foundation first, then build again',
  })
}

export function unreachable(host: string, what: string, why: string, cause: unknown): SluiceError {
  return externalError(
    'service',
    {
      what: `registry ${host}, ${what}: ${why}`,
      rule: 'a registry that does not answer is asked a few times, with pauses',
      remedy: `see that ${host} can be reached from here, then run it again: what was copied stays copied`,
    },
    cause,
  )
}

/** What came is not what its digest promises. */
export function corrupted(host: string, what: string, cause?: unknown): SluiceError {
  return externalError(
    'service',
    {
      what: `registry ${host}: ${what}`,
      rule: 'bytes are taken only under their own digest',
      remedy: 'push that image again from where it was built, or use another digest',
    },
    cause,
  )
}

function loginRemedy(host: string): string {
  return `run "docker login ${host}", or give the role that Sluice runs as access to it`
}
