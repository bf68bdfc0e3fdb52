import { bug } from '../src/domain/error.ts'
import type { Bootstrapper } from '../src/domain/stacks/bootstrapper.ts'

/** The compiler of what comes before the stacks of a system, loaded a cloud at a time. */
export const bootstrapper: Bootstrapper = {
  async bootstrap(input) {
    const { cloud, name } = input.system.environment
    switch (cloud) {
      case 'aws':
        return (await import('./aws/bootstrap/index.ts')).bootstrapAws(input)
      case 'gcp':
        return (await import('./gcp/bootstrap/index.ts')).bootstrapGcp(input)
      case 'local':
        throw bug(`environment ${name} on cloud ${cloud} came to the compiler`)
      default:
        return cloud satisfies never
    }
  },
}
