import type { Check } from '../../domain/system/rollout-policy.ts'
import type { ServiceStatus } from '../../providers/ports/services.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Probe } from '../../release/check.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/** Which revision answered, where the platform's proxy says so. */
const REVISION_HEADER = 'x-sluice-revision'
const TIMEOUT = 10_000
const BODY_LIMIT = 1024 * 1024
/** At 1 % of the traffic a hundred requests reach the new revision once; beyond this the check has no data. */
const MOST_REQUESTS = 2000

export interface Prober {
  readonly runtime: Pick<Runtime, 'http' | 'clock'>
  readonly provider: Pick<Provider, 'bearer'>
}

/**
 * Sends the requests of one http check and returns the answers of this revision: at its own address where it has one,
 * else through the service until enough answers came from it.
 */
export async function probeRevision(
  { runtime: { http, clock }, provider }: Prober,
  check: Extract<Check, { kind: 'http' }>,
  status: ServiceStatus,
  revision: string,
  signal: AbortSignal,
): Promise<readonly Probe[]> {
  const ours = status.revisions.find((one) => one.id === revision)
  const base = ours?.url ?? status.url
  if (ours === undefined || base === null) return []
  const share = ours.url === undefined || ours.url === null ? Math.max(ours.weight, 1) / 100 : 1
  const most = Math.min(Math.ceil((check.requests / share) * 3), Math.max(MOST_REQUESTS, check.requests))
  // Who calls is shown to the service, whichever of its addresses is asked.
  const token = await provider.bearer?.(status.url ?? base)
  const headers = {
    'user-agent': 'sluice-check',
    ...ours.headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
  }
  const probes: Probe[] = []
  for (let sent = 0; sent < most && probes.length < check.requests; sent++) {
    signal.throwIfAborted()
    const { probe, from } = await exchange(`${base.replace(/\/$/, '')}${check.path}`)
    if (from === undefined || from === revision) probes.push(probe)
    // Nothing is learnt from knocking at a closed door for ever.
    if (probe.status === null && probes.length >= 3 && probes.every((one) => one.status === null)) break
  }
  return probes

  async function exchange(url: string): Promise<{ probe: Probe; from: string | undefined }> {
    const began = clock.now()
    try {
      const response = await http.request({ url, headers, timeout: TIMEOUT, signal })
      const body = check.contains === undefined ? await drained(response) : await response.text(BODY_LIMIT)
      const contains = check.contains === undefined || body.includes(check.contains)
      return {
        probe: { status: response.status, contains, latency: clock.now() - began },
        from: response.headers[REVISION_HEADER],
      }
    } catch (error) {
      signal.throwIfAborted()
      const why = (error as Error).message
      return {
        probe: { status: null, contains: false, latency: clock.now() - began, error: why },
        from: undefined,
      }
    }
  }
}

/** The latency counts the whole answer; what it says was not asked, and is not kept: it may have no end before the time-out. */
async function drained({ body }: { readonly body: AsyncIterable<unknown> }): Promise<string> {
  for await (const _ of body);
  return ''
}
