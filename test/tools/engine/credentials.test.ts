import { expect, test } from 'vitest'
import { credentialsOf } from '../../../src/tools/engine/credentials.ts'

test('R5 what an engine signs in with is secret, and variables that are called so', () => {
  const env = {
    AWS_SECRET_ACCESS_KEY: 'canary-aws-key',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_REGION: 'us-east-1',
    GOOGLE_CREDENTIALS: '{"private_key":"x"}',
    TF_TOKEN_app_terraform_io: 'canary-token',
    TF_VAR_db_password: 'canary-password',
    TF_VAR_DB_PASSWORD: 'short',
    TF_VAR_region: 'eu-central-1',
    TF_ENCRYPTION: undefined,
  }
  expect(credentialsOf(env)).toEqual([
    'canary-aws-key',
    '{"private_key":"x"}',
    'canary-token',
    'canary-password',
  ])
})
