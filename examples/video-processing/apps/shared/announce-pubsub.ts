import type { Announce } from './announce.ts'
import type { Variables } from './environment.ts'

const PATIENCE = 10_000

/**
 * Publishes over Pub/Sub's REST protocol, to Google or to the emulator that PUBSUB_EMULATOR_HOST names.
 *
 * @param topic `projects/<project>/topics/<name>`
 * @see https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
 */
export function pubsubAnnounce(topic: string, env: Variables): Announce {
  const emulator = env['PUBSUB_EMULATOR_HOST']
  const url = `${emulator === undefined ? 'https://pubsub.googleapis.com' : `http://${emulator}`}/v1/${topic}:publish`
  const authorised = emulator === undefined ? googleHeaders() : async () => ({})
  return async (video) => {
    const data = Buffer.from(JSON.stringify({ video })).toString('base64')
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await authorised()) },
      body: JSON.stringify({ messages: [{ data }] }),
      signal: AbortSignal.timeout(PATIENCE),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${topic}: ${response.status} ${text.slice(0, 200)}`)
  }
}

/** The token of the account that the service runs as; it is kept until shortly before it ends. */
function googleHeaders(): () => Promise<Record<string, string>> {
  const auth = import('google-auth-library').then(
    ({ GoogleAuth }) => new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/pubsub'] }),
  )
  return async () => ({ authorization: `Bearer ${await (await auth).getAccessToken()}` })
}
