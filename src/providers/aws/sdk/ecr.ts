/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export { DescribeRepositoriesCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
