import { runAction } from '../../src/action/run-action.ts'
import { apply } from './action.ts'

void runAction(apply)
