import { learn } from '../learner.ts'
import { Objects } from '../objects.ts'
import { input, numberParameter, output, parameter, readFilms, seed } from './step.ts'

const reads = parameter('reads')
if (reads !== 'plot' && reads !== 'title')
  throw new Error(`the parameter reads is "${reads}"; expected plot or title`)

const objects = new Objects()
const all = await readFilms(objects, input('train'))
const films = all.slice(0, Math.ceil(all.length * numberParameter('share', 0.001, 1)))
const model = learn(films, { reads, epochs: numberParameter('epochs', 1, 1000), seed: seed() })
await objects.put(output('model'), JSON.stringify(model), 'application/json')
console.log(`learned ${model.vocabulary.length} weights from the ${reads} of ${films.length} films`)
