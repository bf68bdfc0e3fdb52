import { join } from 'node:path'
import { canonicalJson } from '../../domain/canonical.ts'
import type { Digest } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import { type ApprovalFile, approvalFileSchema } from '../../domain/plans/approval.ts'
import type { Secret } from '../../domain/secret.ts'
import type { Files } from '../../runtime/runtime.ts'

/** Folder of the saved plans, which hold values: encrypted by OpenTofu, in clear text by Terraform. */
export const plansFolder = (state: string): string => join(state, 'plans')

export const planPath = (state: string, stack: string): string => join(plansFolder(state), `${stack}.tfplan`)

export const approvalPath = (state: string): string => join(state, 'approval.json')

/** The record without its seal. */
export type Unsealed = Pick<ApprovalFile, 'schema' | 'system' | 'environment' | 'fingerprint' | 'stacks'>

/** Seals and writes the record; what somebody approved and what was applied meanwhile are no part of the seal. */
export async function writeApproval(
  files: Files,
  state: string,
  record: Unsealed,
  key: Secret,
): Promise<ApprovalFile> {
  const sealed = { ...record, seal: sealOf(record, key) } as ApprovalFile
  await files.write(approvalPath(state), `${JSON.stringify(sealed, undefined, 2)}\n`, { mode: 0o600 })
  return sealed
}

/**
 * undefined where there is none.
 *
 * @throws SluiceError stale, for one that was not sealed with this key.
 */
export async function readApproval(
  files: Files,
  state: string,
  key: Secret,
): Promise<ApprovalFile | undefined> {
  const bytes = await files.read(approvalPath(state))
  if (bytes === undefined) return undefined
  const record = parsed(Buffer.from(bytes).toString('utf8'))
  if (record !== undefined && record.seal === sealOf(record, key)) return record
  throw new SluiceError('stale', 'user', {
    what: 'approval.json is not the one that plan has written here',
    rule: 'it is sealed with the key of the saved plans, and nothing in it is changed by hand',
    remedy: 'plan again; where plan and apply are two jobs, both need the same SLUICE_PLAN_KEY',
  })
}

function parsed(text: string): ApprovalFile | undefined {
  try {
    return approvalFileSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function sealOf({ schema, system, environment, fingerprint, stacks }: Unsealed, key: Secret): Digest {
  const bound = stacks.map(({ stack, changes, bound }) => ({ stack, changes, bound }))
  const text = canonicalJson({ schema, system, environment, fingerprint, stacks: bound })
  const { createHmac } = process.getBuiltinModule('node:crypto')
  return `sha256:${createHmac('sha256', key.reveal()).update(text).digest('hex')}`
}
