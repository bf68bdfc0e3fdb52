import type { TerraformElement } from 'cdktf'

/** Why nothing here has a key of the customer's own: asked by a dozen checks, answered once. */
export const PROVIDER_KEY =
  "encrypted with the cloud's own key: a customer's key costs, and its policy would be a second place that decides who reads"

/**
 * Accepts findings of policy scanners on one resource, each with the reason, beside the resource: check -> reason. The JSON
 * keeps them as `"//": { "checkov": { "skip": [{ id, comment }] } }`, the form in which checkov reads them from the metadata of
 * CloudFormation; of Terraform JSON it reads none, so `test/policy` compares them with what it finds.
 * https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
 */
export function accept(resource: TerraformElement, findings: Readonly<Record<string, string>>): void {
  const skip = Object.entries(findings).map(([id, comment]) => ({ id, comment }))
  if (skip.length > 0) resource.addOverride('//', { checkov: { skip } })
}

/** `when(isPublic, { CKV_1: 'because' })`: findings that are there only then. */
export function when(
  condition: boolean,
  findings: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return condition ? findings : {}
}
