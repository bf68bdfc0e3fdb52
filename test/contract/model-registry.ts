import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import type { ModelRegistry } from '../../src/providers/ports/models.ts'

/** What every model registry does, whatever stands behind it. Each test uses a model name of its own. */
export function modelRegistryContract(
  name: string,
  open: () => ModelRegistry | Promise<ModelRegistry>,
  /** The text of a file, by what its tag says. */
  read: (uri: string) => Promise<string>,
): void {
  let models = 0
  const fresh = async (): Promise<{ registry: ModelRegistry; model: string }> => ({
    registry: await open(),
    model: `sensitive-${Date.now().toString(36)}-${++models}`,
  })
  const artifact = (model: string, bytes: string, tags: Record<string, string> = {}) => ({
    name: model,
    digest: digestOf(bytes),
    source: `s3://models/sluice/models/${model}/${bytes}`,
    tags,
  })

  describe(`${name} as a model registry`, () => {
    test('numbers versions from 1 and gives each back as it was registered', async () => {
      const { registry, model } = await fresh()
      const first = await registry.register(artifact(model, 'one', { run: 'r1' }))
      const second = await registry.register(artifact(model, 'two'))
      expect([first.version, second.version]).toEqual(['1', '2'])
      expect(await registry.get(model, { version: '1' })).toEqual({
        ...artifact(model, 'one', { run: 'r1' }),
        version: '1',
        createdAt: first.createdAt,
      })
      expect((await registry.list(model)).map(({ version }) => version)).toEqual(['1', '2'])
    })

    test('knows nothing of a model, a version or an alias that is not there', async () => {
      const { registry, model } = await fresh()
      expect(await registry.get(model, { version: '1' })).toBeUndefined()
      expect(await registry.get(model, { alias: 'champion' })).toBeUndefined()
      expect(await registry.list(model)).toEqual([])
      await registry.register(artifact(model, 'one'))
      expect(await registry.get(model, { version: '2' })).toBeUndefined()
      expect(await registry.get(model, { alias: 'champion' })).toBeUndefined()
    })

    test('R43 moves an alias only from where it was expected', async () => {
      const { registry, model } = await fresh()
      await registry.register(artifact(model, 'one'))
      await registry.register(artifact(model, 'two'))
      expect(await registry.setAlias(model, 'champion', '1', null)).toBe('moved')
      expect(await registry.setAlias(model, 'champion', '2', null)).toBe('conflict')
      expect(await registry.setAlias(model, 'champion', '2', '2')).toBe('conflict')
      expect((await registry.get(model, { alias: 'champion' }))?.version).toBe('1')
      expect(await registry.setAlias(model, 'champion', '2', '1')).toBe('moved')
      expect((await registry.get(model, { alias: 'champion' }))?.version).toBe('2')
    })

    test('takes an alias away, and leaves the other one', async () => {
      const { registry, model } = await fresh()
      await registry.register(artifact(model, 'one'))
      await registry.setAlias(model, 'champion', '1', null)
      await registry.setAlias(model, 'challenger', '1', null)
      expect(await registry.setAlias(model, 'champion', null, '1')).toBe('moved')
      expect(await registry.get(model, { alias: 'champion' })).toBeUndefined()
      expect((await registry.get(model, { alias: 'challenger' }))?.version).toBe('1')
    })

    test('saying the same move again is no conflict with itself', async () => {
      const { registry, model } = await fresh()
      await registry.register(artifact(model, 'one'))
      await registry.setAlias(model, 'champion', '1', null)
      expect(await registry.setAlias(model, 'champion', '1', '1')).toBe('moved')
    })

    test('adds tags to a version and keeps those that were there', async () => {
      const { registry, model } = await fresh()
      await registry.register(artifact(model, 'one', { run: 'r1' }))
      await registry.annotate(model, '1', { tags: { verdict: 'promote' } })
      expect((await registry.get(model, { version: '1' }))?.tags).toEqual({ run: 'r1', verdict: 'promote' })
    })

    test('keeps a file beside a version, says where, and replaces it when it is given again', async () => {
      const { registry, model } = await fresh()
      await registry.register(artifact(model, 'one', { run: 'r1' }))
      const note = (text: string) => ({ tags: { verdict: text }, files: { 'verdict.json': text } })
      expect(await registry.annotate(model, '1', note('inconclusive'))).toEqual([])
      expect(await registry.annotate(model, '1', note('promote ü'))).toEqual([])
      const tags = (await registry.get(model, { version: '1' }))?.tags ?? {}
      expect(tags).toMatchObject({ run: 'r1', verdict: 'promote ü' })
      expect(await read(tags['sluice.file.verdict.json'] ?? '')).toBe('promote ü')
    })

    test('an alias or a tag on a version that is not there is an error that names it', async () => {
      const { registry, model } = await fresh()
      await registry.register(artifact(model, 'one'))
      await expect(registry.setAlias(model, 'champion', '7', null)).rejects.toThrow(/7/)
      await expect(registry.annotate(model, '7', { tags: { a: 'b' } })).rejects.toThrow(/7/)
      expect(await registry.get(model, { alias: 'champion' })).toBeUndefined()
    })
  })
}
