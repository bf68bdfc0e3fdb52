/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export { defaultProvider } from '@aws-sdk/credential-provider-node'
export { SignatureV4 } from '@smithy/signature-v4'
