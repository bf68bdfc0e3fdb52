import { runAction } from '../../src/action/run-action.ts'
import { build } from './action.ts'

void runAction(build)
