import { SluiceError } from '../domain/error.ts'
import {
  type LedgerEvent,
  type Live,
  ledgerEventSchema,
  liveSchema,
  type Release,
  type ReleaseContent,
  releaseId,
  releaseSchema,
} from '../domain/releases/release.ts'
import type { ObjectStore } from '../providers/ports/objects.ts'
import type { Clock, Random } from '../runtime/runtime.ts'
import { readStored, type Stored, writeStored } from './stored.ts'

/**
 * The append-only list of releases of one environment (CONTRACTS: "Ledger"): `releases/<sequence>.json` created only if
 * absent, `events/` only added to, and `live.json` moved by compare-and-swap.
 */
export interface Ledger {
  /** Ends with `/`. */
  readonly uri: string
  /** What is served, with its full record; undefined before the first release went live. */
  live(): Promise<Stored<Live & { readonly release: Release }> | undefined>
  release(sequence: number): Promise<Release | undefined>
  /** All releases after this position in the ledger (default: all), oldest first. */
  releases(after?: number): Promise<readonly Release[]>
  /** All events, or those of one release; oldest first. */
  events(sequence?: number): Promise<readonly LedgerEvent[]>
  /**
   * The record of a release that is about to roll out. A record of the same content that is newer than what is live is
   * an interrupted attempt: it is found again instead of written twice (promise R28).
   */
  record(content: ReleaseContent, details: RecordDetails): Promise<Release>
  note(event: Pick<LedgerEvent, 'kind' | 'release' | 'sequence' | 'by' | 'detail'>): Promise<void>
  /** @throws SluiceError locked where somebody else moved it first; nothing is written then. */
  goLive(release: Release, over: { readonly etag: string } | undefined): Promise<{ readonly etag: string }>
}

export interface RecordDetails {
  readonly by: string
  readonly live: Live | undefined
  readonly forced?: { readonly by: string; readonly reason: string }
}

export function openLedger(
  objects: ObjectStore,
  at: string,
  machine: { readonly clock: Clock; readonly random: Random },
): Ledger {
  const uri = at.endsWith('/') ? at : `${at}/`
  const time = (): string => new Date(machine.clock.now()).toISOString()
  let noted = 0
  const uriOf = (sequence: number): string => `${uri}releases/${sequence}.json`

  const release: Ledger['release'] = async (sequence) => {
    const stored = await readStored(objects, uriOf(sequence), releaseSchema)
    if (stored !== undefined && stored.value.sequence !== sequence) {
      throw damaged(uriOf(sequence), `it says sequence ${stored.value.sequence}`)
    }
    return stored?.value
  }

  const sequences = async (): Promise<readonly number[]> => {
    const found: number[] = []
    for await (const { uri: name } of objects.list(`${uri}releases/`)) {
      const match = /^([1-9][0-9]{0,14})\.json$/.exec(name.slice(`${uri}releases/`.length))
      if (match !== null) found.push(Number(match[1]))
    }
    return found.sort((a, b) => a - b)
  }

  const events: Ledger['events'] = async (sequence) => {
    const prefix = sequence === undefined ? `${uri}events/` : `${uri}events/${padded(sequence)}-`
    const found: LedgerEvent[] = []
    for await (const info of objects.list(prefix)) {
      const stored = await readStored(objects, info.uri, ledgerEventSchema)
      if (stored !== undefined) found.push(stored.value)
    }
    // Names start with the sequence; what people want is the order of time.
    return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  }

  const releases: Ledger['releases'] = async (after = 0) => {
    const found: Release[] = []
    for (const sequence of (await sequences()).filter((n) => n > after)) {
      const one = await release(sequence)
      if (one !== undefined) found.push(one)
    }
    return found
  }

  return {
    uri,
    release,
    releases,
    events,

    async live() {
      const remedy = async (): Promise<string> => restoring(uri, lastLive(await events().catch(() => [])))
      let stored: Stored<Live> | undefined
      try {
        stored = await readStored(objects, `${uri}live.json`, liveSchema)
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error
        throw new SluiceError(
          'cannot-observe',
          'user',
          { what: error.message, remedy: await remedy() },
          { cause: error },
        )
      }
      if (stored === undefined) {
        if (lastLive(await events()) === undefined) return undefined
        throw damaged(`${uri}live.json`, 'it is missing although releases went live', await remedy())
      }
      const record = await release(stored.value.sequence)
      const missing = uriOf(stored.value.sequence)
      if (record === undefined) throw damaged(missing, 'it is missing although live.json names it')
      if (record.id !== stored.value.id) throw damaged(missing, 'its id is not the one that live.json names')
      return { value: { ...stored.value, release: record }, etag: stored.etag }
    },

    async record(content, { by, live, forced }) {
      const id = releaseId(content)
      for (;;) {
        const earlier = (await releases(live?.sequence ?? 0)).find((attempt) => attempt.id === id)
        if (earlier !== undefined) return earlier
        const all = await sequences()
        const sequence = Math.max(0, ...all) + 1
        const made: Release = {
          schema: 'sluice.release/v1',
          id,
          sequence,
          ...content,
          createdAt: time(),
          by,
          previous: live?.id ?? null,
          ...(forced === undefined ? {} : { forced }),
        }
        const etag = await writeStored(objects, uriOf(sequence), made, { absent: true })
        if (etag !== 'conflict') return made
      }
    },

    async note(event) {
      // Names order the events: two of one millisecond would change places.
      noted = Math.max(machine.clock.now(), noted + 1)
      const at = new Date(noted).toISOString()
      const chance = Buffer.from(machine.random.bytes(6)).toString('hex')
      const name = `${padded(event.sequence)}-${at.replace(/[-:.]/g, '')}-${chance}.json`
      const written: LedgerEvent = { schema: 'sluice.event/v1', ...event, at }
      // A name that is taken can only be this very event whose answer was lost.
      await writeStored(objects, `${uri}events/${name}`, written, { absent: true })
    },

    async goLive({ id, sequence }, over) {
      const next: Live = { schema: 'sluice.live/v1', id, sequence, replaced: over?.etag ?? null }
      const target = `${uri}live.json`
      const etag = await writeStored(
        objects,
        target,
        next,
        over === undefined ? { absent: true } : { etag: over.etag },
      )
      if (etag !== 'conflict') return { etag }
      // The swap may have been ours, its answer lost.
      const now = await readStored(objects, target, liveSchema)
      if (now?.value.id === id && now.value.sequence === sequence && now.value.replaced === next.replaced) {
        return { etag: now.etag }
      }
      throw new SluiceError('locked', 'user', {
        what: `${target} was moved by somebody else${now === undefined ? '' : ` to release ${now.value.sequence}`}`,
        rule: 'what is live moves by compare-and-swap',
        remedy: 'look at "sluice operate history", then start again from what is live now',
      })
    },
  }
}

/** The release that was live before this one. */
export async function previousOf(ledger: Ledger, release: Release): Promise<Release | undefined> {
  if (release.previous === null) return undefined
  for (let sequence = release.sequence - 1; sequence > 0; sequence--) {
    const earlier = await ledger.release(sequence)
    if (earlier?.id === release.previous) return earlier
  }
  return undefined
}

const padded = (sequence: number): string => String(sequence).padStart(8, '0')

function lastLive(events: readonly LedgerEvent[]): LedgerEvent | undefined {
  return events.findLast((event) => event.kind === 'live')
}

function restoring(uri: string, event: LedgerEvent | undefined): string {
  if (event === undefined) return `remove ${uri}live.json if no release ever went live`
  const live: Live = {
    schema: 'sluice.live/v1',
    id: event.release,
    sequence: event.sequence,
    replaced: null,
  }
  return `if release ${event.sequence} is what is served ("sluice operate status"), put this into ${uri}live.json: ${JSON.stringify(live)}`
}

function damaged(
  uri: string,
  why: string,
  remedy = 'restore the object from a backup or an earlier version; nothing was changed',
): SluiceError {
  return new SluiceError('cannot-observe', 'user', {
    what: `${uri}: ${why}`,
    rule: 'objects of the ledger are never edited or removed',
    remedy,
  })
}
