import { runAction } from '../../src/action/run-action.ts'
import { plan } from './action.ts'

void runAction(plan)
