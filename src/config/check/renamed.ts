import type { Problem } from '../../domain/error.ts'
import { RENAMABLE, resourceOf } from '../../domain/system/rename.ts'
import { show } from '../document.ts'
import { complain, complainOfKey, declared, pairs, type Rule, reference } from './subject.ts'

/**
 * `renamed: { old: new }`. It is about the file as it is written: an environment that leaves the new one out has nothing to
 * move.
 */
export const checkRenamed: Rule = (subject) => {
  const taken = new Map<string, string>()
  return pairs(subject.value.renamed).flatMap(([from, to]): Problem[] => {
    const path = ['renamed', from]
    const [old, now] = [resourceOf(from), resourceOf(to)]
    const kinds = `kind.name, of ${RENAMABLE.join(', ')}`
    if (old === undefined) return [complainOfKey(subject, path, `found ${show(from)}`, kinds)]
    if (now === undefined) return [complain(subject, path, `found ${show(to)}`, kinds)]
    if (old.kind !== now.kind) {
      return [complain(subject, path, `${from} cannot become ${to}`, 'a resource keeps its kind')]
    }
    const names = declared(subject, now.kind)
    const first = taken.get(to)
    taken.set(to, first ?? from)
    return [
      ...reference(subject, path, now.name, names, now.kind),
      ...(names?.includes(old.name)
        ? [complainOfKey(subject, path, `${from} is still there`, 'the old name belongs to nothing any more')]
        : []),
      ...(first === undefined
        ? []
        : [
            complain(subject, path, `${to} was ${first} already`, 'a resource had one name before: the last'),
          ]),
    ]
  })
}
