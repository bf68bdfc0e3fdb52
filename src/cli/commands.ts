import { APPLY } from './commands/apply.ts'
import { BOOTSTRAP } from './commands/bootstrap.ts'
import { BUILD } from './commands/build.ts'
import { DOWN } from './commands/down.ts'
import { EVALUATE } from './commands/evaluate.ts'
import { OPERATE } from './commands/operate.ts'
import { PLAN } from './commands/plan.ts'
import { RELEASE } from './commands/release.ts'
import { ROLLOUT } from './commands/rollout.ts'
import { SYNTH } from './commands/synth.ts'
import { TRAIN } from './commands/train.ts'
import { UP } from './commands/up.ts'
import { VALIDATE } from './commands/validate.ts'
import type { CommandSpec } from './spec.ts'

/** Every command, in the order of help; the parser, help and docs/cli.md are made from this list. `load` is the only way to a command's code. */
export const COMMANDS: readonly CommandSpec[] = [
  VALIDATE,
  BOOTSTRAP,
  BUILD,
  SYNTH,
  PLAN,
  APPLY,
  TRAIN,
  EVALUATE,
  ROLLOUT,
  OPERATE,
  RELEASE,
  UP,
  DOWN,
]
