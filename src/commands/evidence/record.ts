import { digestOf } from '../../domain/digest.ts'
import type { ModelVersion } from '../../domain/models/model.ts'
import type { Verdict } from '../../domain/models/verdict.ts'
import type { Provider } from '../../providers/provider.ts'
import { keepVerdict } from '../../release/verdicts.ts'
import { message } from '../../runtime/events.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/**
 * What the gate thought, where it outlives this machine: in the ledger, and on the version in the registry (tags to search
 * by, and verdict.json itself).
 */
export async function recordVerdict(
  { log }: Pick<Runtime, 'log'>,
  provider: Pick<Provider, 'models' | 'objects' | 'targets'>,
  judged: ModelVersion | undefined,
  { verdict, bytes }: { readonly verdict: Verdict; readonly bytes: string },
): Promise<void> {
  const { ledger } = await provider.targets()
  await keepVerdict(provider.objects, ledger, bytes)
  if (judged === undefined) return
  const left = await provider.models.annotate(judged.name, judged.version, {
    tags: {
      'sluice.verdict': verdict.verdict,
      'sluice.verdict.digest': digestOf(bytes),
      'sluice.look': String(verdict.look),
      ...metricTags(verdict),
    },
    files: { 'verdict.json': bytes },
  })
  if (left.length === 0) return
  const why = 'the registry takes no files over its API (MLflow: start it with --serve-artifacts)'
  log.emit(message('warning', `verdict.json is not kept beside the model, only its digest: ${why}`))
}

/**
 * What the gate computed of the model, to sort versions by. A metric whose name no registry takes as a key is left out: MLflow has letters,
 * digits and `_ - . / space`, 250 at most (https://mlflow.org/docs/latest/rest-api.html#setmodelversiontag).
 */
function metricTags({ metrics }: Pick<Verdict, 'metrics'>): Readonly<Record<string, string>> {
  const known = metrics.flatMap(({ name, challenger }) =>
    challenger === null || !/^[\w./ -]{1,200}$/.test(name)
      ? []
      : [[`sluice.metric.${name}`, String(challenger)]],
  )
  return Object.fromEntries(known)
}
