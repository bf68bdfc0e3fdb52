// The credentials that SLUICE_TEST_ROLES gives to a role, for the steps that follow; none, and an error, for another role.
import { appendFileSync } from 'node:fs'

const roles = JSON.parse(process.env.SLUICE_TEST_ROLES ?? '{}')
const role = process.env['INPUT_ROLE-TO-ASSUME']
if (roles[role] === undefined)
  throw new Error(`Not authorized to perform sts:AssumeRoleWithWebIdentity: ${role}`)
for (const [name, value] of Object.entries({ ...roles[role], AWS_REGION: process.env['INPUT_AWS-REGION'] }))
  appendFileSync(process.env.GITHUB_ENV, `${name}=${value}\n`)
