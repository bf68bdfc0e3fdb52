import { runAction } from '../../src/action/run-action.ts'
import { rollout } from './action.ts'

void runAction(rollout)
