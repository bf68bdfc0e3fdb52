import { loadVerified } from '../load-model.ts'
import { Classifier, type ModelFile } from '../model.ts'
import { Objects, required, sha256 } from '../objects.ts'
import { parsePin } from '../pin.ts'
import { input, output, readFilms, seed, writeRows } from './step.ts'

const objects = new Objects()
const testBytes = await objects.get(input('test'))
const films = await readFilms(objects, input('test'))
const modelBytes = await objects.get(input('model'))
const challenger = new Classifier(JSON.parse(modelBytes.toString('utf8')) as ModelFile)

/** The champion is scored here, on these rows, in this run: a stored score is no comparison. */
const pinText = process.env['SLUICE_CHAMPION_SENSITIVE']
const pin = pinText === undefined ? undefined : parsePin(pinText)
const champion =
  pin === undefined
    ? undefined
    : new Classifier(
        await loadVerified(required(process.env, 'SLUICE_CHAMPION_SENSITIVE_URI'), pin.digest, objects),
      )

const rows = films.map((film) => {
  const now = challenger.predict(film)
  const before = champion?.predict(film)
  return {
    id: film.id,
    label: film.sensitive,
    language: film.language,
    director: film.director,
    challenger: Number(now.sensitive),
    challenger_score: now.score.toFixed(6),
    ...(before === undefined
      ? {}
      : { champion: Number(before.sensitive), champion_score: before.score.toFixed(6) }),
  }
})
const folder = output('evaluation')
await writeRows(objects, `${folder}rows.csv`, Object.keys(rows[0] ?? {}), rows)
await objects.put(
  `${folder}evaluation.json`,
  JSON.stringify(
    {
      schema: 'sluice.evaluation/v1',
      run: required(process.env, 'SLUICE_RUN'),
      seed: seed(),
      model: { name: 'sensitive', digest: sha256(modelBytes) },
      champion: pin === undefined ? null : { name: 'sensitive', version: pin.version, digest: pin.digest },
      dataset: { name: 'test', digest: sha256(testBytes), rows: films.length },
      rows: {
        path: 'rows.csv',
        id: 'id',
        label: 'label',
        positive: 1,
        challenger: { predicted: 'challenger', score: 'challenger_score' },
        ...(champion === undefined ? {} : { champion: { predicted: 'champion', score: 'champion_score' } }),
        cluster: 'director',
        slices: ['language'],
      },
    },
    null,
    2,
  ),
  'application/json',
)
console.log(
  `scored ${rows.length} films with the new model${champion === undefined ? '' : ' and with the champion'}`,
)
