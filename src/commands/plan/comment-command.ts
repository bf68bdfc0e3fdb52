import type { Secret } from '../../domain/secret.ts'
import type { Report, World } from '../command.ts'
import { judgeComment } from './judge-comment.ts'

const NOTHING = { command: '', 'command-environment': '', 'command-plan': '', sha: '' }

/**
 * Says whether the comment that started this run is followed: by the outputs `command`, `command-environment`, `command-plan`
 * and `sha`. Nothing is planned and no code of the pull request is read.
 */
export async function commentCommand(world: World, token: Secret | undefined): Promise<Report> {
  const judged = await judgeComment(world, token)
  switch (judged.kind) {
    case 'none':
      return report('done', judged.why)
    case 'refused':
      return report('refused', judged.why)
    case 'granted': {
      const { command, pull } = judged
      const environment = command.environment ?? world.request.environment
      return report('done', `/sluice ${command.kind} ${environment} at ${pull.headSha}`, {
        command: command.kind,
        'command-environment': environment,
        'command-plan': command.kind === 'apply' ? command.plan : '',
        sha: pull.headSha,
      })
    }
    default:
      return judged satisfies never
  }
}

function report(
  outcome: 'done' | 'refused',
  message: string,
  outputs: Readonly<Record<string, string>> = NOTHING,
): Report {
  return {
    command: 'plan',
    outcome,
    message,
    outputs: { changes: '', fingerprint: '', 'comment-url': '', ...outputs },
    data: outputs,
    summary: `${message}\n`,
  }
}
