/** What a machine says when it has begun with its image. */
export const RENEWED = 'sluice: restarted'

/** Time that work has to end, in whole seconds: docker waits so long between SIGTERM and SIGKILL. */
export function drainSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}

/**
 * Run as root on a machine of a worker: ends what runs, then does what a boot does, which asks for the image again
 * (cdktf/aws/boot-script.ts). The timers of its first boot, the dead man's before all, go on as they were: a unit that is there
 * is not made again.
 */
export function restartScript(seconds: number): readonly string[] {
  return [
    'set -eu',
    'boot=/var/lib/cloud/scripts/per-boot/sluice',
    '[ -x "$boot" ] || { echo "this machine has not booted to its end"; exit 3; }',
    'running=$(docker ps --quiet)',
    `[ -z "$running" ] || docker stop --time ${seconds} $running > /dev/null`,
    // In a unit of its own: the agent would end the work with its command.
    'systemd-run --quiet --collect --property=KillMode=process --unit="sluice-restart-$(date +%s)" "$boot"',
    `echo "${RENEWED}"`,
  ]
}
