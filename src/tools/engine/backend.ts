import { usageError } from '../../domain/error.ts'
import type { Bound } from '../../domain/plans/approval.ts'

type Backend = Bound['backend']

/** Where the engine keeps what `init` found, below a stack's folder. */
export const BACKEND_FILE = '.terraform/terraform.tfstate'
export const WORKSPACE_FILE = '.terraform/environment'

/**
 * Where a stack's state lies, from what `init` left: https://opentofu.org/docs/language/settings/backends/configuration/.
 * Keys and tokens that may stand there are not read. Without a backend it is the folder itself.
 *
 * @param initialised content of {@link BACKEND_FILE}; undefined where there is none.
 * @throws SluiceError usage for a file that is none.
 */
export function backendIdentity(
  initialised: string | undefined,
  workspace: string | undefined,
  owner: Pick<Backend, 'account' | 'region'>,
): Backend {
  const { type, config } = initialised === undefined ? { type: 'local', config: {} } : backendOf(initialised)
  const one = (...names: readonly string[]): string | null =>
    names.map((name) => config[name]).find((value): value is string => typeof value === 'string') ?? null
  return {
    type,
    bucket: one('bucket', 'storage_account_name', 'address', 'hostname'),
    key: one('key', 'prefix', 'path'),
    workspace: workspace === undefined || workspace.trim() === '' ? 'default' : workspace.trim(),
    account: owner.account,
    region: one('region') ?? owner.region,
  }
}

function backendOf(text: string): { type: string; config: Readonly<Record<string, unknown>> } {
  try {
    const { backend } = JSON.parse(text) as { backend?: { type?: unknown; config?: unknown } }
    if (backend === undefined || backend === null) return { type: 'local', config: {} }
    const { type, config } = backend
    if (typeof type === 'string' && typeof config === 'object' && config !== null) {
      return { type, config: config as Record<string, unknown> }
    }
  } catch (cause) {
    throw usageError(BROKEN, cause)
  }
  throw usageError(BROKEN)
}

const BROKEN = {
  what: `${BACKEND_FILE} is not what the engine leaves there`,
  remedy: 'remove the folder .terraform, and plan again',
}
