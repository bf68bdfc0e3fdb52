import { runAction } from '../../src/action/run-action.ts'
import { release } from './action.ts'

void runAction(release)
