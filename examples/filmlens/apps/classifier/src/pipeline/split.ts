import { createHash } from 'node:crypto'
import type { Film } from '../film.ts'
import { Objects } from '../objects.ts'
import { input, output, readFilms, writeFilms } from './step.ts'

const TEST_SHARE = 0.3

/**
 * By a hash of the id: a film that was once in the test set stays there when films are added, and none is ever in both.
 */
function isTest(film: Film): boolean {
  return createHash('sha256').update(film.id).digest().readUInt32BE(0) / 2 ** 32 < TEST_SHARE
}

const objects = new Objects()
const films = await readFilms(objects, input('films'))
const test = films.filter(isTest)
const train = films.filter((film) => !isTest(film))
await writeFilms(objects, output('train'), train)
await writeFilms(objects, output('test'), test)
console.log(`${train.length} films to learn from, ${test.length} to be judged on`)
