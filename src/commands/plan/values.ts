import { PlanValues } from '../../plan/values.ts'
import { Redactor } from '../../runtime/redact.ts'
import type { World } from '../command.ts'

/** For a plan whose values are asked for: hides by value what is sensitive in it, and what this run signs in with. */
export function openValues({ redact = (text) => text }: World): PlanValues {
  const redactor = new Redactor()
  return new PlanValues({
    register: (value) => redactor.register(value),
    text: (text) => redactor.text(redact(text)),
  })
}
