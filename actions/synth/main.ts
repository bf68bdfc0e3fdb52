import { runAction } from '../../src/action/run-action.ts'
import { synth } from './action.ts'

void runAction(synth)
