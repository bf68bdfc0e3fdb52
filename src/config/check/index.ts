import type { Problem } from '../../domain/error.ts'
import type { Shaped } from '../shape.ts'
import { checkAws } from './aws.ts'
import { checkClouds } from './clouds.ts'
import { checkComponents, checkLayers } from './components.ts'
import { checkContainers } from './containers.ts'
import { checkData } from './data.ts'
import { checkGcp } from './gcp.ts'
import { checkGcpData } from './gcp-data.ts'
import { checkImages } from './images.ts'
import { checkModels } from './models.ts'
import { checkNames } from './names.ts'
import { checkPaths } from './paths.ts'
import { checkPipelines } from './pipelines.ts'
import { checkQuantities } from './quantities.ts'
import { checkRanges } from './ranges.ts'
import { checkRollout } from './rollout.ts'
import { checkServices } from './services.ts'
import { type Rule, subjectOf } from './subject.ts'

const RULES: readonly Rule[] = [
  checkNames,
  checkImages,
  checkPaths,
  checkContainers,
  checkServices,
  checkData,
  checkPipelines,
  checkModels,
  checkRollout,
  checkQuantities,
  checkRanges,
]

/** Everything that a schema cannot say. */
export function checkMeaning(shaped: Shaped): Problem[] {
  const subject = subjectOf(shaped)
  return RULES.flatMap((rule) => rule(subject))
}

/** What the cloud of one environment asks for. */
export function checkEnvironment(shaped: Shaped, environment: string): Problem[] {
  const subject = subjectOf(shaped)
  const general = checkClouds(subject, environment)
  const { cloud } = subject.value.environments?.[environment] ?? {}
  switch (cloud) {
    case 'aws':
      return [...general, ...checkAws(subject, environment), ...checkComponents(subject)]
    case 'gcp':
      return [
        ...general,
        ...checkGcp(subject, environment),
        ...checkGcpData(subject),
        ...checkLayers(subject),
      ]
    case 'local':
    case undefined:
      return general
    default:
      return cloud satisfies never
  }
}
