/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
