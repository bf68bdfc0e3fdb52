/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling'
