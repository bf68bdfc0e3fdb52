import { runAction } from '../../src/action/run-action.ts'
import { operate } from './action.ts'

void runAction(operate)
