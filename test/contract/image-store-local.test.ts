import { imageWorld } from '../providers/local/images/world.ts'
import { imageStoreContract } from './image-store.ts'

imageStoreContract('local', async () => {
  const world = imageWorld({ Dockerfile: 'FROM node:24\nCOPY . /app\nCMD ["node", "/app/x"]\n' })
  let count = 0
  return {
    open: () => world.store(),
    content: async (variant) => {
      world.write({ variant: `${variant} ${++count}` })
      return { image: world.image, fingerprint: await world.key() }
    },
    close: async () => world[Symbol.dispose](),
  }
})
