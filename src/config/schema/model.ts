import * as z from 'zod'
import { gatePolicySchema } from '../../domain/models/policy.ts'
import { line, reference } from './text.ts'

export const model = z
  .strictObject({
    registry: line.describe('The service that runs MLflow, or its URL'),
    evaluation: reference.describe('Step that writes evaluation.json, as step or pipeline.step'),
    artifact: reference
      .meta({ title: 'a step output, as step.output or pipeline.step.output', examples: ['train.model'] })
      .optional()
      .describe(
        "Step output that is the model; default the one output named `model` in the evaluation's pipeline",
      ),
    gate: gatePolicySchema.describe('What a version must show before it may replace the champion'),
  })
  .describe('A registered model and its gate')
