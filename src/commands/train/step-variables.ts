import { type ModelVersion, modelPin } from '../../domain/models/model.ts'
import { variableStem } from '../../domain/name.ts'

export interface StepSetting {
  readonly run: string
  readonly seed: number
  readonly parameters: Readonly<Record<string, string>>
  /** Input -> URI, output -> URI. */
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  /** For the evaluation step, where there is one to compare with. */
  readonly champion: ModelVersion | undefined
}

/** What Sluice tells a step (docs/architecture.md, "What connected resources become"); the same on every cloud. */
export function stepVariables(setting: StepSetting): Readonly<Record<string, string>> {
  const { run, seed, parameters, inputs, outputs, champion } = setting
  const stem = champion === undefined ? '' : `SLUICE_CHAMPION_${variableStem(champion.name)}`
  return {
    SLUICE_RUN: run,
    SLUICE_SEED: String(seed),
    ...prefixed('SLUICE_PARAM_', parameters),
    ...prefixed('SLUICE_INPUT_', inputs),
    ...prefixed('SLUICE_OUTPUT_', outputs),
    ...(champion === undefined ? {} : { [stem]: modelPin(champion), [`${stem}_URI`]: champion.source }),
  }
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [prefix + variableStem(name), value]),
  )
}
