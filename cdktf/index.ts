import { bug } from '../src/domain/error.ts'
import type { Synthesizer } from '../src/domain/synthesizer.ts'
import { compileAws } from './aws/compile/index.ts'

/** The compiler behind the port. Only clouds that `synth` compiles come here. */
export const synthesizer: Synthesizer = {
  async synthesize(input) {
    const { cloud, name } = input.system.environment
    switch (cloud) {
      case 'aws':
        return compileAws(input)
      case 'gcp':
      case 'local':
        throw bug(`environment ${name} on cloud ${cloud} came to the compiler of AWS`)
      default:
        return cloud satisfies never
    }
  },
}
