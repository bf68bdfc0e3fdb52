/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
