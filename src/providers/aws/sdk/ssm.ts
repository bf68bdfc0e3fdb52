/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export {
  DescribeInstanceInformationCommand,
  GetParameterCommand,
  ListCommandInvocationsCommand,
  ListInventoryEntriesCommand,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
