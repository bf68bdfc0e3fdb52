import { expect, test } from 'vitest'
import { newRecord } from '../../../../src/providers/local/services/state.ts'
import { StateStore } from '../../../../src/providers/local/services/store.ts'
import { MemoryFiles } from '../../../../src/runtime/fake/files.ts'
import { fakeRuntime } from '../../../../src/runtime/fake/index.ts'

/** A disk that can be full: a write fails as the kernel says it, at the chosen file. */
class Disk extends MemoryFiles {
  full: string | undefined

  override async write(path: string, content: string | Uint8Array): Promise<void> {
    if (this.full !== undefined && path.endsWith(this.full)) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    }
    await super.write(path, content)
  }
}

const { clock, log } = fakeRuntime()
const withService = (port: number) => (state: StateStore['state']) => ({
  ...state,
  services: { api: newRecord(port) },
})

test.each(['/state.json', '/state.copy.json'])(
  'a full disk at %s: a clear error, nothing done, nothing lost',
  async (file) => {
    const files = new Disk()
    const store = await StateStore.open({ files, clock, log }, '/cloud/services')
    await store.change(withService(1), () => {})
    files.full = file
    let acted = false
    const change = store.change(withService(2), () => {
      acted = true
    })
    await expect(change).rejects.toMatchObject({ outcome: 'external', whose: 'user' })
    await expect(change).rejects.toThrow('no space is left on the disk')
    expect(acted).toBe(false)
    expect(store.state.services['api']?.port).toBe(1)
    const reopened = await StateStore.open(
      { files: new MemoryFiles(files.texts()), clock, log },
      '/cloud/services',
    )
    expect(reopened.state.services['api']?.port).toBe(1)
    files.full = undefined
    await store.change(withService(3), () => {})
    expect(store.state.services['api']?.port).toBe(3)
  },
)

test('what is to be done happens after it was written', async () => {
  const files = new Disk()
  const store = await StateStore.open({ files, clock, log }, '/cloud/services')
  const written = await store.change(withService(7), () => files.texts()['/cloud/services/state.json'] ?? '')
  expect(JSON.parse(written)).toMatchObject({ services: { api: { port: 7 } } })
})

test('changes come one after another, and a refused one holds up none', async () => {
  const store = await StateStore.open({ files: new MemoryFiles(), clock, log }, '/cloud/services')
  const order: number[] = []
  const refused = store.change(
    () => {
      throw new Error('no')
    },
    () => order.push(0),
  )
  await Promise.allSettled([
    refused,
    store.change(withService(1), () => order.push(1)),
    store.change(withService(2), () => order.push(2)),
  ])
  expect(order).toEqual([1, 2])
})
