import { bug } from '../src/domain/error.ts'
import type { Synthesizer } from '../src/domain/synthesizer.ts'
import { compileAws } from './aws/compile/index.ts'

/** The compiler behind the port. A cloud comes here only after `isCompiled` said that there is one for it. */
export const synthesizer: Synthesizer = {
  synthesize(input) {
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
