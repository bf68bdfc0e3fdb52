import * as z from 'zod'
import {
  type Document,
  keyOffset,
  nodeAt,
  type Path,
  plainValue,
  show,
  showPath,
} from '../../config/document.ts'
import { hint } from '../../config/hint.ts'
import type { Problem } from '../../domain/error.ts'
import { gatePolicySchema } from '../../domain/models/policy.ts'

/** What the schema says against a policy, in the words of sluice.yml: the value, the rule, the nearest known name. */
export function policyProblems(issues: readonly z.core.$ZodIssue[], document: Document): readonly Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(path, key, document))
      : [wrongValue(path, issue, document)]
  })
}

function unknownKey(path: Path, key: string, document: Document): Problem {
  const known = knownKeys(path)
  return {
    at: document.place(keyOffset(document.root, [...path, key])),
    what: `${label(path)}unknown key ${show(key)}${hint(key, known)}`,
    rule: `gate policy; known keys: ${[...known].sort().join(', ')}`,
  }
}

function wrongValue(path: Path, { message }: z.core.$ZodIssue, document: Document): Problem {
  const node = nodeAt(document.root, path)
  // "Invalid input: expected number, received string": what was received is shown by its value.
  const expected = message.replace(/^[^:]*: /, '').replace(/, received \w+$/, '')
  return {
    at: document.at(path),
    what:
      node === undefined ? `${showPath(path)} is missing` : `${label(path)}found ${show(plainValue(node))}`,
    rule: `gate policy; ${expected}`,
  }
}

const label = (path: Path): string => (path.length === 0 ? '' : `${showPath(path)}: `)

function knownKeys(path: Path): readonly string[] {
  let schema: unknown = gatePolicySchema
  for (const step of path) {
    schema = inner(schema)
    if (schema instanceof z.ZodObject) schema = schema.shape[String(step)]
    else if (schema instanceof z.ZodArray) schema = schema.element
  }
  schema = inner(schema)
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

const inner = (schema: unknown): unknown =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? inner(schema.unwrap()) : schema
