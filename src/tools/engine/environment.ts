type Environment = Readonly<Record<string, string | undefined>>

/** What an engine needs of the machine, and what its providers and backends sign in with. */
const NAMES: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TZ',
  'TMPDIR',
  'TEMP',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'SSH_AUTH_SOCK',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'STORAGE_EMULATOR_HOST',
  // How much memory the engine may take before it collects: https://pkg.go.dev/runtime#hdr-Environment_Variables
  'GOGC',
  'GOMEMLIMIT',
])
const PREFIXES = ['AWS_', 'GOOGLE_', 'CLOUDSDK_', 'GCE_', 'TF_', 'XDG_']

/**
 * Taken out: what adds options behind our back (TF_CLI_ARGS), what asks or answers questions, logs that hold secrets, and a
 * workspace, since each environment has states of its own.
 */
const DROPPED = /^TF_(CLI_ARGS|INPUT$|LOG|WORKSPACE$|DATA_DIR$)/

/**
 * The environment of an engine, by a list of what is let through: the job's token, inputs of actions and other secrets of
 * the caller stay outside.
 *
 * @param plugins folder for downloaded providers, which all stacks of an environment share.
 */
export function engineEnvironment(env: Environment, plugins: string): Record<string, string> {
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isPassed(entry[0]),
  )
  return {
    TF_PLUGIN_CACHE_DIR: plugins,
    ...Object.fromEntries(passed),
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
  }
}

function isPassed(name: string): boolean {
  if (DROPPED.test(name)) return false
  return NAMES.has(name.toUpperCase()) || PREFIXES.some((prefix) => name.startsWith(prefix))
}
