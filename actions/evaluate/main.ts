import { runAction } from '../../src/action/run-action.ts'
import { evaluate } from './action.ts'

void runAction(evaluate)
