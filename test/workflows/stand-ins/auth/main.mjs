// The variables that SLUICE_TEST_ROLES gives to a service account, for the steps that follow.
import { appendFileSync } from 'node:fs'

const account = process.env.INPUT_SERVICE_ACCOUNT
const found = JSON.parse(process.env.SLUICE_TEST_ROLES ?? '{}')[account]
if (found === undefined)
  throw new Error(`Permission 'iam.serviceAccounts.getAccessToken' denied on ${account}`)
for (const [name, value] of Object.entries(found))
  appendFileSync(process.env.GITHUB_ENV, `${name}=${value}\n`)
