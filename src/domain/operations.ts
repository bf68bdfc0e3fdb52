/** What `operate` can do, in the order of help. */
export const OPERATIONS = [
  'status',
  'logs',
  'pause',
  'resume',
  'restart',
  'rollback',
  'history',
  'drift',
  'reap',
  'clean',
  'unlock',
  'destroy',
] as const

export type Operation = (typeof OPERATIONS)[number]
