import { usageError } from '../../../domain/error.ts'
import { expand, splitWords } from '../../../tools/dockerfile/words.ts'
import type { ImageConfig } from '../../../tools/oci/documents.ts'
import { SHELL } from './image-config.ts'

/** Everything that only a shell can do: variables, pipes, lists, redirections, globs, substitutions, comments. */
const NEEDS_SHELL = /[|&;<>()$`*?[\]~#\n]/
const ASSIGNMENT = /^[A-Za-z_]\w*=/

/**
 * The argument vector of an image: ENTRYPOINT, then `command` or CMD. No shell is ever started (promise R2): a line in
 * shell form is taken apart where that is all a shell would do with it, and refused otherwise.
 *
 * @throws SluiceError usage.
 */
export function commandLine(
  config: Pick<NonNullable<ImageConfig['config']>, 'Entrypoint' | 'Cmd'>,
  command: readonly string[] | undefined,
  image: string,
): readonly [string, ...string[]] {
  const entrypoint = config.Entrypoint ?? []
  const cmd = command ?? config.Cmd ?? []
  const argv = isShellForm(entrypoint)
    ? // Docker ignores CMD beside an ENTRYPOINT in shell form.
      plainWords(entrypoint[2] ?? '', image, 'ENTRYPOINT')
    : entrypoint.length === 0 && command === undefined && isShellForm(cmd)
      ? plainWords(cmd[2] ?? '', image, 'CMD')
      : [...entrypoint, ...cmd]
  const [first, ...rest] = argv
  if (first === undefined || first === '') {
    throw usageError({
      what: `image ${image} says nothing that could run`,
      rule: 'it has no ENTRYPOINT and no CMD',
      remedy: `write CMD in its Dockerfile, "command:" in sluice.yml, or images.${image}.local.run`,
    })
  }
  return [first, ...rest]
}

function isShellForm(argv: readonly string[]): boolean {
  return argv.length === 3 && argv[0] === SHELL[0] && argv[1] === SHELL[1]
}

function plainWords(text: string, image: string, instruction: string): string[] {
  const words = splitWords(text.trim(), '\\')
  const [first = ''] = words
  if (NEEDS_SHELL.test(text) || ASSIGNMENT.test(first)) {
    throw usageError({
      what: `${instruction} ${text} of image ${image} needs a shell`,
      rule: 'cloud local starts no shell',
      remedy: `write it as a JSON array, or set images.${image}.local.run: [command, argument, ...]`,
    })
  }
  const plain = words.map((word) => expand(word, {}, '\\'))
  return plain[0] === 'exec' ? plain.slice(1) : plain
}
