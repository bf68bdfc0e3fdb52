import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { ObjectInfo, ObjectStore } from '../../src/providers/ports/objects.ts'

/** What every object store must do. `open` gives a store and a URI prefix, ending in `/`, under which nothing lies yet. */
export function objectStoreContract(
  name: string,
  open: () => Promise<{ store: ObjectStore; base: string }>,
  traits: { readonly etag: 'md5' | 'opaque' } = { etag: 'opaque' },
): void {
  describe(`object store: ${name}`, () => {
    test('gives back exactly the bytes that were written', async () => {
      const { store, base } = await open()
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) & 255)
      const made = written(await store.write(`${base}data.bin`, bytes))
      const read = await store.read(`${base}data.bin`)
      expect(made).toMatchObject({ uri: `${base}data.bin`, size: bytes.length })
      expect(read?.info).toEqual(made)
      expect(Buffer.from(bytes).equals(await content(store, `${base}data.bin`))).toBe(true)
      if (traits.etag === 'md5') expect(made.etag).toBe(createHash('md5').update(bytes).digest('hex'))
    })

    test('takes a stream, and an empty body', async () => {
      const { store, base } = await open()
      await store.write(`${base}stream`, Readable.from([Buffer.from('one '), Buffer.from('two')]))
      await store.write(`${base}empty`, new Uint8Array())
      expect((await content(store, `${base}stream`)).toString()).toBe('one two')
      expect((await store.read(`${base}empty`))?.info.size).toBe(0)
    })

    test('a body that fails leaves no object', async () => {
      const { store, base } = await open()
      async function* broken(): AsyncGenerator<Buffer> {
        yield Buffer.from('half')
        throw new Error('the source broke')
      }
      await expect(store.write(`${base}torn`, Readable.from(broken()))).rejects.toThrow()
      expect(await store.read(`${base}torn`)).toBeUndefined()
      expect(await uris(store, base)).toEqual([])
    })

    test('says undefined for what is not there, and forgives removing it', async () => {
      const { store, base } = await open()
      expect(await store.read(`${base}nothing`)).toBeUndefined()
      await store.remove(`${base}nothing`)
      await store.write(`${base}x`, text('x'))
      await store.remove(`${base}x`)
      expect(await store.read(`${base}x`)).toBeUndefined()
    })

    test('R30 creates only where nothing is, and answers conflict otherwise', async () => {
      const { store, base } = await open()
      expect(await store.write(`${base}once`, text('first'), { absent: true })).not.toBe('conflict')
      expect(await store.write(`${base}once`, text('second'), { absent: true })).toBe('conflict')
      expect((await content(store, `${base}once`)).toString()).toBe('first')
      await store.remove(`${base}once`)
      expect(await store.write(`${base}once`, text('third'), { absent: true })).not.toBe('conflict')
    })

    test('R30 replaces only the version that was read', async () => {
      const { store, base } = await open()
      const first = written(await store.write(`${base}live`, text('1')))
      const second = written(await store.write(`${base}live`, text('2'), { etag: first.etag }))
      expect(await store.write(`${base}live`, text('late'), { etag: first.etag })).toBe('conflict')
      expect((await content(store, `${base}live`)).toString()).toBe('2')
      await store.remove(`${base}live`)
      expect(await store.write(`${base}live`, text('late'), { etag: second.etag })).toBe('conflict')
      expect(await store.read(`${base}live`)).toBeUndefined()
    })

    test('R30 of many writers at once exactly one wins', async () => {
      const { store, base } = await open()
      const absent = await Promise.all(
        Array.from({ length: 12 }, (_, i) => store.write(`${base}race`, text(`${i}`), { absent: true })),
      )
      expect(absent.filter((answer) => answer !== 'conflict')).toHaveLength(1)
      const { etag } = (await store.read(`${base}race`))?.info ?? { etag: '' }
      const swaps = await Promise.all(
        Array.from({ length: 12 }, (_, i) => store.write(`${base}race`, text(`swap ${i}`), { etag })),
      )
      expect(swaps.filter((answer) => answer !== 'conflict')).toHaveLength(1)
    })

    test('lists what starts with the prefix, sorted, with sizes and etags', async () => {
      const { store, base } = await open()
      const names = ['a/2', 'a/10', 'a', 'a-b', 'ab', 'b/c/d', 'B']
      for (const name of names.filter((n) => !(base.startsWith('file:') && n === 'a')))
        await store.write(`${base}${name}`, text(name))
      const all = await collect(store, base)
      const expected = names.filter((n) => !(base.startsWith('file:') && n === 'a')).sort()
      expect(all.map((info) => info.uri.slice(base.length))).toEqual(expected)
      expect(await uris(store, `${base}a/`)).toEqual([`${base}a/10`, `${base}a/2`])
      expect(await uris(store, `${base}a-`)).toEqual([`${base}a-b`])
      for (const info of all) expect((await store.read(info.uri))?.info).toEqual(info)
    })
  })
}

export function written(answer: ObjectInfo | 'conflict'): ObjectInfo {
  if (answer === 'conflict') throw new Error('the write met a conflict')
  return answer
}

async function content(store: ObjectStore, uri: string): Promise<Buffer> {
  const found = await store.read(uri)
  if (found === undefined) throw new Error(`${uri} is not there`)
  return await buffer(found.body)
}

async function collect(store: ObjectStore, prefix: string): Promise<ObjectInfo[]> {
  const all: ObjectInfo[] = []
  for await (const info of store.list(prefix)) all.push(info)
  return all
}

async function uris(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await collect(store, prefix)).map((info) => info.uri)
}

function text(value: string): Uint8Array {
  return Buffer.from(value)
}
