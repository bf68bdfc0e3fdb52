import { setFlagsFromString } from 'node:v8'

let working = 0

/**
 * Does work that streams a lot with frequent small collections. The pieces of a stream lie outside of V8's heap and go when
 * their handles are collected; V8 starts that at 80 % of its young generation, when 60 MiB of dead pieces wait for a few
 * handles. Much earlier than at 25 %, pieces that still are on their way would be taken for old ones, and wait longer
 * (bench/mirror.ts).
 */
export async function withPromptCollection<T>(work: () => Promise<T>): Promise<T> {
  if (working++ === 0) setFlagsFromString('--minor-gc-task-trigger=25')
  try {
    return await work()
  } finally {
    // V8's default.
    if (--working === 0) setFlagsFromString('--minor-gc-task-trigger=80')
  }
}
