import { Secret } from '../../src/domain/secret.ts'
import { startRegistry } from '../real/docker-registry.ts'
import { describeReal } from '../real.ts'
import { imageRegistryContract } from './image-registry.ts'

/** bcrypt of `correct-horse`. */
const HTPASSWD = 'ada:$2b$04$WLhgdcM3a16iMJHbe3WP/eywq1C2UginNOsSzFKlf/HhFWXe2OKIi\n'

describeReal('real registries', ['docker-registry', 'skopeo'], () => {
  imageRegistryContract('docker-registry', async () => {
    const server = await startRegistry()
    return { host: server.host, close: () => server[Symbol.asyncDispose]() }
  })

  imageRegistryContract('docker-registry with htpasswd', async () => {
    const server = await startRegistry({ htpasswd: HTPASSWD })
    return {
      host: server.host,
      credentials: { of: async () => ({ username: 'ada', password: new Secret('correct-horse') }) },
      login: 'ada:correct-horse',
      close: () => server[Symbol.asyncDispose](),
    }
  })
})
