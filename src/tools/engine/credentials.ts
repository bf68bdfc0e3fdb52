/** Variables by which an engine, its providers and its backends sign in, and those of the configuration. */
const SECRETS =
  /^(AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_CONTAINER_AUTHORIZATION_TOKEN|GOOGLE_CREDENTIALS|GOOGLE_OAUTH_ACCESS_TOKEN|GOOGLE_ENCRYPTION_KEY|TF_ENCRYPTION|TF_TOKEN_.+|ACTIONS_ID_TOKEN_REQUEST_TOKEN|GITHUB_TOKEN|GH_TOKEN)$/

/** Of a variable of the configuration only what its name calls secret: `TF_VAR_region` is shown, and may be. */
const SECRET_VARIABLE = /^TF_VAR_.*(password|passwd|secret|token|private|credential|api_?key)/i

/** Shorter ones are words, which would be taken out of every text. */
const SHORTEST = 8

/**
 * The secrets of an environment that an engine is given. An engine that fails prints what it has at hand, so these are hidden
 * in everything that is shown (promise R5).
 */
export function credentialsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env)
    .filter(([name]) => SECRETS.test(name) || SECRET_VARIABLE.test(name))
    .map(([, value]) => value ?? '')
    .filter((value) => value.length >= SHORTEST)
}
