import { bug } from '../src/domain/error.ts'
import type { Synthesizer } from '../src/domain/synthesizer.ts'

/** The compiler behind the port, loaded a cloud at a time. Only clouds that `synth` compiles come here. */
export const synthesizer: Synthesizer = {
  async synthesize(input) {
    const { cloud, name } = input.system.environment
    switch (cloud) {
      case 'aws':
        return (await import('./aws/compile/index.ts')).compileAws(input)
      case 'gcp':
        return (await import('./gcp/compile/index.ts')).compileGcp(input)
      case 'local':
        throw bug(`environment ${name} on cloud ${cloud} came to the compiler`)
      default:
        return cloud satisfies never
    }
  },
}
