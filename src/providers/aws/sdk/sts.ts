/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
