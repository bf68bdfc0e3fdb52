import { runAction } from '../../src/action/run-action.ts'
import { train } from './action.ts'

void runAction(train)
