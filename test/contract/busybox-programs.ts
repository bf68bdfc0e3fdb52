import type { Program } from './job-engine.ts'

/** The programs of the contract, for busybox. */
export const BUSYBOX_PROGRAMS: Readonly<Record<Program, string>> = {
  talks: `echo 'out 1'; echo 'err 1' >&2; sleep 0.05; echo 'out 2'`,
  fails: `echo 'about to fail'; exit 3`,
  stubborn: `trap '' TERM; echo started; while :; do sleep 1; done`,
  environment: `awk 'BEGIN { printf "{"; for (k in ENVIRON) { printf "%s\\"%s\\":\\"%s\\"", s, k, ENVIRON[k]; s = "," }; print "}" }'`,
  slow: `echo "process $(cat /proc/sys/kernel/random/uuid)"; sleep 0.5`,
}
