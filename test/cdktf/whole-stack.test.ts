import { join } from 'node:path'
import { TerraformStack } from 'cdktf'
import { expect, test, vi } from 'vitest'
import { SystemStack } from '../../cdktf/core/system-stack.ts'
import { synthesizer } from '../../cdktf/index.ts'
import { loadSystem } from '../../src/config/load.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'

const examples = join(import.meta.dirname, '../../examples')

test.each(['filmlens', 'video-processing'])(
  'every stack of %s, put together from parts, is what cdktf itself gives',
  async (name) => {
    const folder = join(examples, name)
    const { system } = await loadSystem(nodeFiles, join(folder, 'sluice.yml'), 'production', folder)
    const put = vi.spyOn(SystemStack.prototype, 'toTerraform')
    await synthesizer.synthesize({ system, images: {} })
    const stacks = put.mock.contexts as SystemStack[]
    put.mockRestore()
    expect(stacks.length).toBeGreaterThanOrEqual(4)
    for (const stack of stacks) {
      const own = TerraformStack.prototype.toTerraform.call(stack) as unknown
      expect(stack.toTerraform()).toEqual(own)
    }
  },
)
