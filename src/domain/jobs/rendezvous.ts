import { usageError } from '../error.ts'
import type { Step } from '../system/step.ts'

/** Where the first node listens: torchrun's own default. */
const PORT = '29500'

/** How a container finds out, as words of a POSIX shell, who the first node is and which one it is itself, from 0. */
export interface NodeWords {
  readonly address: string
  readonly rank: string
}

/**
 * What every node of a job is told beforehand. torchrun takes each of its options from `PET_<OPTION>` as well
 * (https://github.com/pytorch/pytorch/blob/main/torch/distributed/argparse_util.py), so that a plain `torchrun train.py` works
 * the same on every engine. Nothing for a step on one node.
 */
export function nodeVariables({ nodes, gpu }: Pick<Step, 'nodes' | 'gpu'>): Readonly<Record<string, string>> {
  if (nodes === 1) return {}
  const size = String(nodes)
  return {
    NNODES: size,
    MASTER_PORT: PORT,
    PET_NNODES: size,
    PET_MASTER_PORT: PORT,
    PET_NPROC_PER_NODE: String(Math.max(1, gpu)),
  }
}

/**
 * The step's command on one of several nodes: what only the node knows is put into its environment first. It needs `sh` in
 * the image.
 *
 * @throws SluiceError usage where the step has no command: the image's own cannot be led through a shell from outside
 */
export function commandOnNode(
  { name, command }: Pick<Step, 'name' | 'command'>,
  { address, rank }: NodeWords,
): readonly string[] {
  if (command === undefined || command.length === 0) {
    throw usageError({
      what: `step ${name} runs on several nodes and has no command`,
      rule: 'each node is told the address of the first one before the command begins',
      remedy: `write the command of step ${name}, such as command: [torchrun, train.py]`,
    })
  }
  const script = [
    `MASTER_ADDR=${address}`,
    `NODE_RANK=${rank}`,
    'export MASTER_ADDR NODE_RANK PET_MASTER_ADDR=$MASTER_ADDR PET_NODE_RANK=$NODE_RANK',
    'exec "$@"',
  ].join(';')
  return ['sh', '-c', script, 'sh', ...command]
}
