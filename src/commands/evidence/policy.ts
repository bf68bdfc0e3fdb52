import { resolve } from 'node:path'
import { plainValue } from '../../config/document.ts'
import { loadDocument } from '../../config/load.ts'
import { parseSource } from '../../config/source.ts'
import { displayName, readText } from '../../config/text.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import { type Problem, usageError } from '../../domain/error.ts'
import { type GatePolicy, gatePolicySchema } from '../../domain/models/policy.ts'
import type { Reason } from '../../domain/models/verdict.ts'
import { nearestName } from '../../domain/nearest.ts'
import { policyBreaches } from '../../gate/checks/policy.ts'
import type { Files } from '../../runtime/runtime.ts'
import { policyProblems } from './policy-problems.ts'

/**
 * The policy that `--policy` names: a file of its own (JSON or YAML), or `sluice.yml#models.NAME`.
 *
 * @throws SluiceError usage with every problem at once: the policy is configuration, and a wrong one starts no work.
 */
export async function readPolicy(
  files: Files,
  where: string,
  environment: string,
  cwd: string,
): Promise<GatePolicy> {
  const hash = where.indexOf('#')
  const policy =
    hash < 0
      ? await policyFile(files, resolve(cwd, where), cwd)
      : await policyOfModel(
          files,
          resolve(cwd, where.slice(0, hash)),
          where.slice(hash + 1),
          environment,
          cwd,
        )
  refuseNonsense(policy, where)
  return policy
}

/** @throws SluiceError usage where a policy fits the schema and still cannot be meant. */
export function refuseNonsense(policy: GatePolicy, where: string): void {
  const [first, ...others] = policyBreaches(policy).map(
    ({ text }: Reason): Problem => ({ at: where, what: text, rule: 'gate policy' }),
  )
  if (first !== undefined) throw usageError([first, ...others])
}

async function policyFile(files: Files, path: string, cwd: string): Promise<GatePolicy> {
  const file = displayName(path, cwd)
  const { document, problems } = await parseSource(await readText(files, path, file), file)
  const [first, ...others] = problems
  if (first !== undefined) throw usageError([first, ...others])
  if (document === undefined) throw usageError({ what: `${file} has no content`, rule: 'gate policy' })
  const parsed = gatePolicySchema.safeParse(plainValue(document.root))
  if (parsed.success) return parsed.data
  const found = policyProblems(parsed.error.issues, document)
  throw usageError(found as [Problem, ...Problem[]], parsed.error)
}

async function policyOfModel(
  files: Files,
  path: string,
  fragment: string,
  environment: string,
  cwd: string,
): Promise<GatePolicy> {
  const name = /^models\.([^.]+(?:\.[^.]+)*?)(?:\.gate)?$/.exec(fragment)?.[1]
  if (name === undefined) {
    throw usageError({
      what: `--policy ends in #${fragment}`,
      rule: 'a policy in sluice.yml is named as sluice.yml#models.NAME',
    })
  }
  const { file, environments } = await loadDocument(files, path, cwd)
  const chosen =
    environment === '' ? environments : environments.filter((candidate) => candidate.name === environment)
  const gates = chosen.map(({ system }) => system.models[name]?.gate)
  const [gate] = gates
  if (gate === undefined) {
    const known = [...new Set(chosen.flatMap(({ system }) => Object.keys(system.models)))]
    const near = nearestName(name, known)
    throw usageError({
      what: `${file} has no model ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
      rule: `models: ${known.join(', ')}`,
    })
  }
  if (gates.some((other) => canonicalJson(other ?? null) !== canonicalJson(gate))) {
    throw usageError({
      what: `the gate of model ${name} differs between the environments of ${file}`,
      rule: 'one evidence is judged by one policy',
      remedy: 'name the environment with --env',
    })
  }
  return gate
}
