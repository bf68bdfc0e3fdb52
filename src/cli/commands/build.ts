import { given } from '../../domain/given.ts'
import type { CommandSpec } from '../spec.ts'

export const BUILD: CommandSpec = {
  name: 'build',
  summary: 'build the images whose content changed, and mirror the others',
  environment: 'required',
  options: [
    { name: 'image', kind: 'name', many: true, value: 'NAME', summary: 'only this image; may be repeated' },
    {
      name: 'verify',
      kind: 'text',
      value: 'IMAGE@DIGEST',
      summary: 'build nothing, read back this one from the registry',
    },
    {
      name: 'affected',
      kind: 'text',
      value: 'BASE',
      summary: 'build nothing, name the images that the commits since BASE touch',
    },
  ],
  load: async (line) => {
    const { build } = await import('../../commands/build.ts')
    const images = line.has('image') ? { images: line.list('image') } : {}
    return (world) =>
      build(world, {
        ...images,
        ...given({ verify: line.text('verify'), affected: line.text('affected') }),
      })
  },
}
