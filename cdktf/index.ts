import { bug } from '../src/domain/error.ts'
import type { Stack, Synthesis, Synthesizer } from '../src/domain/stacks/synthesizer.ts'
import { systemBefore } from '../src/domain/system/rename.ts'

export { bootstrapper } from './bootstrap.ts'

/** The compiler behind the port, loaded a cloud at a time. Only clouds that `synth` compiles come here. */
export const synthesizer: Synthesizer = {
  async synthesize(input) {
    const { system } = input
    const stacks = await compile(input)
    if (system.renames === undefined) return stacks
    const { withMoves } = await import('./core/moves.ts')
    const before = await compile({ ...input, system: systemBefore(system, system.renames) })
    return withMoves(stacks, before, system.renames)
  },
}

async function compile(input: Synthesis): Promise<readonly Stack[]> {
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
}
