/** The supervisor as a process of its own: `node entry.ts <absolute path of .sluice/<env>>`. */
import { enginesFor } from '../engines.ts'
import { containerSource } from '../images/index.ts'
import { superviseAsProcess } from './process.ts'

void superviseAsProcess(async (context, surroundings) => ({
  engines: enginesFor(context, surroundings),
  containers: containerSource(context),
}))
