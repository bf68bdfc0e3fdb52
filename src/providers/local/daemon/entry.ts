/** The supervisor as a process of its own: `node entry.ts <absolute path of .sluice/<env>>`. */
import { join } from 'node:path'
import { enginesFor } from '../engines.ts'
import { containerSource } from '../images/index.ts'
import { superviseAsProcess } from './process.ts'

void superviseAsProcess(async ({ system, root }, folder, runtime) => ({
  engines: enginesFor({ runtime, system, root, folder }),
  containers: containerSource({ runtime, folder: join(folder, 'images') }),
}))
