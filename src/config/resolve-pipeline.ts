import type { Pipeline, Step } from '../domain/system/step.ts'
import { bytes, container, given, mapValues, milliseconds } from './convert.ts'
import { parseLocation } from './refer.ts'
import type { Config } from './schema/config.ts'

type RawPipeline = Config['pipelines'][string]

export function resolvePipeline(name: string, raw: RawPipeline): Pipeline {
  return given({
    name,
    schedule: raw.schedule,
    parameters: raw.parameters,
    steps: mapValues(raw.steps, step),
  })
}

function step(name: string, raw: RawPipeline['steps'][string]): Step {
  return given({
    name,
    ...container(raw),
    needs: raw.needs,
    inputs: mapValues(raw.inputs, (_, text) => parseLocation(text)),
    outputs: mapValues(raw.outputs, (_, text) => parseLocation(text)),
    parameters: raw.parameters,
    connects: raw.connects,
    engine: raw.engine,
    size: { cpu: raw.size.cpu, memory: bytes(raw.size.memory) },
    gpu: raw.gpu,
    machine: raw.machine,
    nodes: raw.nodes,
    array: raw.array,
    spot: raw.spot,
    timeout: milliseconds(raw.timeout),
    retries: raw.retries,
    maxCost: raw['max-cost'],
  })
}
