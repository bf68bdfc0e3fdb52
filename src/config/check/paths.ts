import type { Problem } from '../../domain/error.ts'
import type { Path } from '../document.ts'
import { show } from '../document.ts'
import { complain, pairs, type Rule, type Subject } from './subject.ts'

/** Paths of the repository stay inside the folder of sluice.yml (promise R46; links are followed where files are read). */
export const checkPaths: Rule = (subject) => {
  const { value } = subject
  return [
    ...pairs(value.images).flatMap(([name, image]) => [
      ...inside(subject, ['images', name, 'context'], image.context),
      ...inside(subject, ['images', name, 'dockerfile'], image.dockerfile, 'the context'),
    ]),
    ...pairs(value.functions).flatMap(([name, func]) =>
      inside(subject, ['functions', name, 'source'], func.source),
    ),
    ...pairs(value.workers).flatMap(([name, worker]) =>
      inside(subject, ['workers', name, 'script'], worker.script),
    ),
    ...inside(subject, ['infra', 'hcl'], value.infra?.hcl),
    ...inside(subject, ['infra', 'cdktf'], value.infra?.cdktf),
  ]
}

export function inside(
  subject: Subject,
  path: Path,
  text: string | undefined,
  folder = 'the folder of the file',
): Problem[] {
  if (text === undefined) return []
  const outside =
    text.startsWith('/') || /^[A-Za-z]:/.test(text) || text.startsWith('~') || text.split('/').includes('..')
  return outside
    ? [complain(subject, path, `found ${show(text)}`, `a path inside ${folder}, without ..`)]
    : []
}
