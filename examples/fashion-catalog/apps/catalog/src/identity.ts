const METADATA =
  'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity'
const REFRESH_MS = 30 * 60_000

let known: { readonly audience: string; readonly token: string; readonly at: number } | undefined

/**
 * On Cloud Run a service that is not public asks who calls: a token of this service's account, which lasts an hour. Nothing elsewhere.
 *
 * @see https://cloud.google.com/run/docs/authenticating/service-to-service
 */
export async function callerToken(audience: string, env = process.env): Promise<Record<string, string>> {
  if (env['K_SERVICE'] === undefined) return {}
  if (known?.audience !== audience || Date.now() - known.at > REFRESH_MS) {
    const url = `${METADATA}?${new URLSearchParams({ audience })}`
    const answer = await fetch(url, {
      headers: { 'metadata-flavor': 'Google' },
      signal: AbortSignal.timeout(5_000),
    })
    if (!answer.ok) throw new Error(`the metadata server answered ${answer.status}`)
    known = { audience, token: await answer.text(), at: Date.now() }
  }
  return { authorization: `Bearer ${known.token}` }
}
