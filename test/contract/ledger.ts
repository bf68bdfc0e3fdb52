import { expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import type { ReleaseContent } from '../../src/domain/releases/release.ts'
import type { ObjectStore } from '../../src/providers/ports/objects.ts'
import { openLedger, previousOf } from '../../src/release/ledger.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'

export interface LedgerSubject {
  readonly objects: ObjectStore
  /** An empty place, ends with `/`. */
  readonly uri: string
}

export function content(name: string, commit = name): ReleaseContent {
  return {
    system: 'shop',
    environment: 'test',
    commit,
    services: { web: { image: `local/shop/web@${digestOf(name)}` } },
    verdicts: [],
  }
}

/** What a ledger promises over any object store with preconditions. */
export function ledgerContract(open: () => Promise<LedgerSubject>): void {
  const setup = async () => {
    const subject = await open()
    const ledger = openLedger(subject.objects, subject.uri, fakeRuntime())
    const write = (name: string, text: string) =>
      subject.objects.write(`${subject.uri}${name}`, Buffer.from(text))
    return { ...subject, ledger, write }
  }
  const by = 'ada'

  test('an empty ledger has nothing live, no releases and no events', async () => {
    const { ledger } = await setup()
    expect(await ledger.live()).toBeUndefined()
    expect(await ledger.releases()).toEqual([])
    expect(await ledger.events()).toEqual([])
  })

  test('releases are numbered from 1 and read back as they were written', async () => {
    const { ledger } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    await ledger.goLive(one, undefined)
    const live = await ledger.live()
    const two = await ledger.record(content('two'), { by, live: live?.value })
    expect([one.sequence, two.sequence, two.previous]).toEqual([1, 2, one.id])
    expect(await ledger.releases()).toEqual([one, two])
    expect(await previousOf(ledger, two)).toEqual(one)
  })

  test('R28 an interrupted release finds its own record again', async () => {
    const { ledger } = await setup()
    const first = await ledger.record(content('one'), { by, live: undefined })
    expect(await ledger.record(content('one'), { by, live: undefined })).toEqual(first)
    expect(await ledger.releases()).toHaveLength(1)
  })

  test('going back to a release of old is a new record with the same id', async () => {
    const { ledger } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    await ledger.goLive(one, undefined)
    const two = await ledger.record(content('two'), { by, live: (await ledger.live())?.value })
    await ledger.goLive(two, await ledger.live())
    const three = await ledger.record(content('one'), { by, live: (await ledger.live())?.value })
    expect(three).toMatchObject({ id: one.id, sequence: 3, previous: two.id })
  })

  test('R30 of two that move live.json from the same version one wins, the other is locked out', async () => {
    const { ledger } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    const two = await ledger.record(content('two'), { by, live: undefined })
    const ends = await Promise.allSettled([ledger.goLive(one, undefined), ledger.goLive(two, undefined)])
    expect(ends.map((end) => end.status).sort()).toEqual(['fulfilled', 'rejected'])
    const lost = ends.find((end) => end.status === 'rejected')
    expect(lost?.reason).toMatchObject({ outcome: 'locked', code: 4 })
    expect((await ledger.live())?.value.sequence).toBe(ends[0]?.status === 'fulfilled' ? 1 : 2)
  })

  test('live.json says which version it replaced', async () => {
    const { ledger } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    const { etag } = await ledger.goLive(one, undefined)
    const two = await ledger.record(content('two'), { by, live: (await ledger.live())?.value })
    await ledger.goLive(two, await ledger.live())
    expect((await ledger.live())?.value).toMatchObject({ sequence: 2, replaced: etag })
  })

  test('events are only added to, and read in the order of time', async () => {
    const { ledger } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    const { id: release, sequence } = one
    for (const kind of ['started', 'step', 'step', 'live'] as const) {
      await ledger.note({ kind, release, sequence, by })
    }
    // Also those of one millisecond: how long things take is read from their order.
    expect((await ledger.events(1)).map((event) => event.kind)).toEqual(['started', 'step', 'step', 'live'])
    expect(await ledger.events(2)).toEqual([])
  })

  test('a damaged live.json is named, with its content to restore, and nothing is overwritten', async () => {
    const { ledger, write, objects, uri } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    await ledger.goLive(one, undefined)
    await ledger.note({ kind: 'live', release: one.id, sequence: 1, by })
    for (const text of ['', '{"schema":', '[]', '{"schema":"sluice.live/v2","id":"x","sequence":1}']) {
      await write('live.json', text)
      const error = await ledger.live().catch((caught: unknown) => caught)
      expect(error).toMatchObject({ outcome: 'cannot-observe' })
      expect((error as Error).message).toContain('live.json')
      expect((error as { remedy: string }).remedy).toContain(one.id)
      const stored = await objects.read(`${uri}live.json`)
      expect(stored?.info.size).toBe(text.length)
    }
  })

  test('a missing live.json after a release went live is an error, not a first release', async () => {
    const { ledger, objects, uri } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    await ledger.goLive(one, undefined)
    await ledger.note({ kind: 'live', release: one.id, sequence: 1, by })
    await objects.remove(`${uri}live.json`)
    await expect(ledger.live()).rejects.toMatchObject({ outcome: 'cannot-observe' })
  })

  test('a missing or exchanged release record is named', async () => {
    const { ledger, objects, uri, write } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    await ledger.goLive(one, undefined)
    await write('releases/1.json', JSON.stringify({ ...one, id: digestOf('other') }))
    await expect(ledger.live()).rejects.toThrow('releases/1.json')
    await write('releases/1.json', JSON.stringify({ ...one, sequence: 9 }))
    await expect(ledger.release(1)).rejects.toThrow('it says sequence 9')
    await objects.remove(`${uri}releases/1.json`)
    await expect(ledger.live()).rejects.toThrow('releases/1.json')
  })

  test('fields of a newer minor version are kept', async () => {
    const { ledger, write } = await setup()
    const one = await ledger.record(content('one'), { by, live: undefined })
    await write('releases/1.json', JSON.stringify({ ...one, approvedBy: 'grace' }))
    expect(await ledger.release(1)).toMatchObject({ approvedBy: 'grace' })
  })
}
