type Environment = Readonly<Record<string, string | undefined>>

/** What an engine's client may know of our environment. Nothing else of it reaches a build. */
const KNOWN = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'SYSTEMROOT',
  'TMPDIR',
  'TEMP',
  'XDG_RUNTIME_DIR',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_API_VERSION',
  'BUILDX_BUILDER',
  'BUILDX_CONFIG',
  'BUILDKIT_HOST',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const

export function engineEnvironment(env: Environment): Record<string, string> {
  const pairs = KNOWN.flatMap((name) => {
    const value = env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(pairs),
    DOCKER_BUILDKIT: '1',
    BUILDKIT_COLORS: '',
    NO_COLOR: '1',
    DOCKER_CLI_HINTS: '0',
  }
}
