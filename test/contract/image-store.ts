import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Digest, digestOf, imageReference, parseImageReference } from '../../src/domain/digest.ts'
import { imageRecordSchema } from '../../src/domain/system/images.ts'
import type { Image } from '../../src/domain/system/system.ts'
import type { ImageStore } from '../../src/providers/ports/images.ts'
import { FINGERPRINT } from '../../src/tools/oci/media-types.ts'

export interface ImageStoreWorld {
  /** A client that knows nothing of what others have done. */
  open(): ImageStore
  /** An image that can be built; its content differs for each `variant`. Returns its fingerprint. */
  content(variant: string): Promise<{ readonly image: Image; readonly fingerprint: Digest }>
  close(): Promise<void>
}

/** The promises of the port `ImageStore`; every provider passes them. */
export function imageStoreContract(name: string, open: () => Promise<ImageStoreWorld>): void {
  describe(`ImageStore: ${name}`, () => {
    let world: ImageStoreWorld
    beforeAll(async () => {
      world = await open()
    })
    afterAll(() => world.close())

    test('what was published is found by its fingerprint, by anybody, with the same digest', async () => {
      const { image, fingerprint } = await world.content('found')
      expect(await world.open().find(image.name, fingerprint)).toBeUndefined()
      const published = await world.open().publish(image, fingerprint)
      expect(imageRecordSchema.parse(published)).toEqual(published)
      expect(published).toMatchObject({ fingerprint, how: 'built' })
      expect(await world.open().find(image.name, fingerprint)).toEqual({ ...published, how: 'known' })
    })

    test('another content is not found, and leaves the first one where it is', async () => {
      const first = await world.content('first')
      const one = await world.open().publish(first.image, first.fingerprint)
      const second = await world.content('second')
      expect(second.fingerprint).not.toBe(first.fingerprint)
      expect(await world.open().find(second.image.name, second.fingerprint)).toBeUndefined()
      const two = await world.open().publish(second.image, second.fingerprint)
      expect(two.digest).not.toBe(one.digest)
      const store = world.open()
      expect((await store.find(first.image.name, first.fingerprint))?.digest).toBe(one.digest)
      expect((await store.find(second.image.name, second.fingerprint))?.digest).toBe(two.digest)
    })

    test('R27 a reference names a digest, and reads back as exactly that', async () => {
      const { image, fingerprint } = await world.content('read')
      const { reference, digest } = await world.open().publish(image, fingerprint)
      expect(parseImageReference(reference)?.digest).toBe(digest)
      const found = await world.open().inspect(reference)
      expect(found).toMatchObject({ digest, labels: { [FINGERPRINT]: fingerprint } })
      expect(found?.size).toBeGreaterThan(0)
      expect(found?.platforms).toHaveLength(1)
    })

    test('what is not there is not found', async () => {
      const { image, fingerprint } = await world.content('absent')
      const { reference } = await world.open().publish(image, fingerprint)
      const { repository = '' } = parseImageReference(reference) ?? {}
      const unknown = digestOf('nothing')
      expect(await world.open().find(image.name, unknown)).toBeUndefined()
      expect(await world.open().inspect(imageReference(repository, unknown))).toBeUndefined()
      expect(await world.open().inspect(imageReference(`${repository}-other`, unknown))).toBeUndefined()
    })

    test('R28 publishing again, also at the same time, changes nothing', async () => {
      const { image, fingerprint } = await world.content('again')
      const records = await Promise.all([1, 2, 3].map(() => world.open().publish(image, fingerprint)))
      records.push(await world.open().publish(image, fingerprint))
      expect(new Set(records.map(({ reference }) => reference)).size).toBe(1)
      expect((await world.open().find(image.name, fingerprint))?.reference).toBe(records[0]?.reference)
    })
  })
}
