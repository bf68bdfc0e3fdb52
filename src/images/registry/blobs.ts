import type { Digest } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import { pauseBefore } from './backoff.ts'
import type { Blob } from './document.ts'
import { pull } from './manifests.ts'
import type { Session } from './session.ts'
import { corrupted, unreachable } from './trouble.ts'
import { brokenBy } from './wire.ts'

/** Whether the registry has the whole blob. */
export async function hasBlob(
  session: Session,
  repository: string,
  { digest, size }: Blob,
): Promise<boolean> {
  const { status, headers } = await session.send({
    method: 'HEAD',
    path: pathOf(repository, digest),
    scopes: pull(repository),
    // Where it lies elsewhere, a HEAD of that place may be refused (a link that is signed for GET): it is there.
    expected: [200, 302, 307, 404],
    what: `blob ${repository}@${digest}`,
  })
  const length = headers['content-length']
  if (status !== 200) return status !== 404
  return length === undefined || Number(length) === size
}

/**
 * The bytes from `from` up to `to` as the registry gives them: a cut connection goes on where it broke ("Pulling blobs",
 * with RFC 9110 ranges). They are held against nothing here; see VerifiedBlob.
 */
export async function* readBlob(
  session: Session,
  repository: string,
  { digest, size }: Blob,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  const { host, line } = session
  const what = `blob ${repository}@${digest}`
  let at = from
  for (let failures = 0; at < to; ) {
    const before = at
    // Its own retries cover what breaks before the first byte.
    const { status, headers, body } = await session.open({
      method: 'GET',
      path: pathOf(repository, digest),
      scopes: pull(repository),
      headers: at === 0 && to === size ? {} : { range: `bytes=${at}-${to - 1}` },
      expected: [200, 206],
      what,
    })
    if (status === 206 && !headers['content-range']?.startsWith(`bytes ${at}-`)) {
      throw corrupted(host, `${what}: asked for bytes from ${at}, it gives ${headers['content-range']}`)
    }
    // A registry may ignore the range.
    let skip = status === 206 ? 0 : at
    let why = 'it is shorter than its size'
    let cause: unknown
    try {
      for await (const piece of body as AsyncIterable<Uint8Array>) {
        const rest = piece.subarray(Math.min(skip, piece.length))
        skip -= piece.length - rest.length
        at += rest.length
        if (at > to && to === size) throw corrupted(host, `${what} is longer than its ${size} bytes`)
        const wanted = at > to ? rest.subarray(0, rest.length - (at - to)) : rest
        if (wanted.length > 0) yield wanted
        if (at >= to) break
      }
    } catch (error) {
      line.signal.throwIfAborted()
      if (error instanceof SluiceError) throw error
      why = brokenBy(error, line.timeouts)
      cause = error
    }
    if (at >= to) return
    failures = at > before ? 1 : failures + 1
    const pause = pauseBefore(failures, undefined, line.runtime.random)
    if (pause === 'give-up') throw unreachable(host, what, `cut at byte ${at} of ${size}: ${why}`, cause)
    await line.runtime.clock.sleep(pause, line.signal)
  }
}

function pathOf(repository: string, digest: Digest): string {
  return `/v2/${repository}/blobs/${digest}`
}
