/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
