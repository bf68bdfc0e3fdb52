/**
 * What ties a task of ECS that is a job to what ends it: the tags that it is started with, which a state machine of the stacks, the
 * reaper and the engine all read (promises R32 and R34).
 */

/** Id of the job. */
export const JOB_TAG = 'sluice:job'

/** Milliseconds that ECS may take to find a place for a task and to pull its image, beside the step's own time. */
export const TASK_PLACING = 20 * 60_000

/** What ECS is told when a task is stopped for its time; by it the end of the job says whose it was. */
export const NOT_DONE = 'sluice: not done within'

/** Milliseconds without a task after which a machine of a cluster ends itself: twice what ECS's managed scaling takes. */
export const MACHINE_IDLE = 30 * 60_000

/**
 * Milliseconds after which a machine on which the same tasks have been all the while ends itself, as one does whose agent says nothing:
 * beyond the time of the longest task, so never one that is busy.
 */
export const machineLifetime = (timeout: number): number => TASK_PLACING + timeout + MACHINE_IDLE
