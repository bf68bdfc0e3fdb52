// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of a Dockerfile
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SluiceError } from '../../../src/domain/error.ts'
import { evaluateStages, finalStage } from '../../../src/tools/dockerfile/evaluate.ts'
import { parseDockerfile } from '../../../src/tools/dockerfile/parse.ts'
import { expand } from '../../../src/tools/dockerfile/words.ts'

const parse = (text: string) => parseDockerfile(text, 'app/Dockerfile')
const final = (text: string, args: Record<string, string> = {}, target?: string) =>
  finalStage(
    evaluateStages(parse(text), {
      args,
      platform: 'linux/amd64',
      ...(target === undefined ? {} : { target }),
    }),
  )
const problems = (work: () => unknown): string[] => {
  try {
    work()
  } catch (error) {
    if (error instanceof SluiceError) return error.message.split('\n')
    throw error
  }
  return []
}

test('parser directives count only above everything else', () => {
  expect(parse('# syntax=docker/dockerfile:1.7\n# escape=`\nFROM a')).toMatchObject({
    syntax: 'docker/dockerfile:1.7',
    escape: '`',
  })
  expect(parse('# a comment\n# escape=`\nFROM a').escape).toBe('\\')
  expect(problems(() => parse('# syntax=a\n# syntax=b\nFROM a'))).toEqual([
    'app/Dockerfile:2: the directive syntax stands here twice',
  ])
})

test('continuations run over comments and empty lines, with either escape sign', () => {
  const stage = final('FROM a\nENV A=1 \\\n  # between\n\n  B=2 \\  \n  C=3\nCMD ["x"]')
  expect(stage.env).toEqual({ A: '1', B: '2', C: '3' })
  expect(final('# escape=`\nFROM a\nENV P=c:\\dir `\n  Q=2').env).toEqual({ P: 'c:\\dir', Q: '2' })
})

test('Windows line ends and a byte order mark change nothing', () => {
  expect(final('\ufeffFROM a\r\nENV A=1 \\\r\n B=2\r\n').env).toEqual({ A: '1', B: '2' })
})

test('ENV has two forms', () => {
  expect(final('FROM a\nENV NAME some text  here\nENV A="x y" B=x\\ y C=\'$A\'').env).toEqual({
    NAME: 'some text  here',
    A: 'x y',
    B: 'x y',
    C: '$A',
  })
})

test('variables of one ENV line are those from before the line', () => {
  expect(final('FROM a\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc').env).toEqual({
    abc: 'bye',
    def: 'hello',
    ghi: 'bye',
  })
})

test('ENV wins over ARG, a build argument over its default, and a global ARG counts where a stage asks', () => {
  const text = 'ARG V=1\nFROM base:$V\nARG V\nARG W=$V-w\nARG X\nENV A=$V B=$W C=$X\nARG A=other\nENV D=$A'
  expect(final(text)).toMatchObject({ base: 'base:1', env: { A: '1', B: '1-w', C: '', D: '1' } })
  expect(final(text, { V: '2', X: 'x' })).toMatchObject({ base: 'base:2', env: { A: '2', B: '2-w', C: 'x' } })
})

test.each([
  ['$A', 'a'],
  ['${A}b', 'ab'],
  ['${E:-d}', 'd'],
  ['${E-d}', ''],
  ['${U-d}', 'd'],
  ['${A:+p}', 'p'],
  ['${E:+p}', ''],
  ['${E+p}', 'p'],
  ['${U:-${A}x}', 'ax'],
  ['${P#*/}', 'b/c'],
  ['${P##*/}', 'c'],
  ['${P%/*}', 'a/b'],
  ['${P%%/*}', 'a'],
  ['${P/\\//-}', 'a-b/c'],
  ['${P//[/]/-}', 'a/b/c'],
  ['${P//b/B}', 'a/B/c'],
  ['\\$A', '$A'],
  ["'$A'", '$A'],
  ['"$A\\"x\\y"', 'a"x\\y'],
  ['$', '$'],
  ['cost: $5', 'cost: '],
])('%s becomes %s', (text, result) => {
  expect(expand(text, { A: 'a', E: '', P: 'a/b/c' }, '\\')).toBe(result)
})

test('a variable that must be set says so with file and line', () => {
  expect(problems(() => final('FROM a\nENV A="${B:?needs B}"'))).toEqual(['app/Dockerfile:2: B: needs B'])
  expect(problems(() => final('FROM a\nENV A="${B'))).toEqual([
    'app/Dockerfile:2: ""${B" has a ${ that never ends',
  ])
})

test('WORKDIR builds on the one before', () => {
  expect(final('FROM a\nWORKDIR /a\nWORKDIR b\nENV D=c\nWORKDIR $D/../d').workdir).toBe('/a/b/d')
})

test('CMD and ENTRYPOINT keep their form, and an ENTRYPOINT drops a CMD from below', () => {
  expect(final('FROM a\nENTRYPOINT ["x", "y z"]\nCMD run $PORT')).toMatchObject({
    entrypoint: { form: 'exec', argv: ['x', 'y z'] },
    cmd: { form: 'shell', text: 'run $PORT' },
  })
  expect(final('FROM a AS b\nCMD ["x"]\nFROM b\nENTRYPOINT ["y"]').cmd).toBeUndefined()
  expect(final("FROM a\nCMD ['x']").cmd).toEqual({ form: 'shell', text: "['x']" })
})

test('COPY and ADD carry flags, the JSON form and here-documents', () => {
  const stage = final(
    [
      'FROM a AS build',
      'FROM a',
      'WORKDIR /w',
      'COPY --chown=1:1 --chmod=755 --from=build /out ./',
      'COPY ["a b", "c/"]',
      "COPY <<-EOF <<'RAW' /etc/",
      '\tpath "$PWD" ${A:-x}',
      '\tEOF',
      '$A',
      'RAW',
      'RUN --mount=type=bind,source=reqs,target=/r pip install',
      'RUN cat <<EOF',
      'COPY not an instruction',
      'EOF',
      'CMD ["z"]',
    ].join('\n'),
  )
  expect(stage.transfers).toMatchObject([
    { origin: { kind: 'stage', stage: 0 }, sources: ['/out'], destination: './', chmod: '755', line: 4 },
    { origin: { kind: 'context' }, sources: ['a b'], destination: 'c/' },
    {
      sources: [],
      destination: '/etc/',
      inline: [
        { name: 'EOF', text: 'path "" x\n' },
        { name: 'RAW', text: '$A\n' },
      ],
    },
    { kind: 'mount', sources: ['reqs'] },
  ])
  expect(stage.runs).toEqual([11, 12])
  expect(stage.needs).toEqual([0, 1])
  expect(stage.cmd).toEqual({ form: 'exec', argv: ['z'] })
})

test('stages are found by name, by number and as base, and unused ones are not needed', () => {
  const text =
    'FROM x AS one\nENV A=1\nFROM y AS two\nFROM one AS three\nCOPY --from=TWO /a /b\nFROM z\nCOPY --from=2 /c /d'
  expect(final(text).needs).toEqual([0, 1, 2, 3])
  expect(final(text, {}, 'three')).toMatchObject({ needs: [0, 1, 2], base: 'x', env: { A: '1' } })
  expect(final(text, {}, 'two').needs).toEqual([1])
  expect(problems(() => final(text, {}, 'thre'))).toEqual([
    'app/Dockerfile has no stage thre (its stages are one, two, three)',
  ])
})

test('EXPOSE, USER, LABEL, VOLUME and STOPSIGNAL are kept, HEALTHCHECK is understood', () => {
  expect(
    final(
      'FROM a\nEXPOSE 80 81/udp\nUSER app\nLABEL a=b "c d"="e f"\nVOLUME ["/x"]\nSTOPSIGNAL SIGINT\nHEALTHCHECK --interval=5s CMD ["c"]\nHEALTHCHECK NONE',
    ),
  ).toMatchObject({
    ports: ['80', '81/udp'],
    user: 'app',
    labels: { a: 'b', 'c d': 'e f' },
    volumes: ['/x'],
    stopSignal: 'SIGINT',
  })
})

test('every problem of a file is told at once, with its line', () => {
  expect(
    problems(() =>
      parse('ENV A=1\nFROM a b\nCOPPY a b\nRUN cat <<EOF\nFROM\nEOF\nFROM x\nCOPY a\nFROM\nRUN a <<END'),
    ),
  ).toEqual([
    'app/Dockerfile:1: ENV stands before the first FROM',
    'app/Dockerfile:2: FROM a b is not "FROM image [AS name]"',
    'app/Dockerfile:3: COPPY is not an instruction',
    'app/Dockerfile:4: RUN stands before the first FROM',
    'app/Dockerfile:8: COPY a names no destination',
    'app/Dockerfile:9: FROM says nothing',
    'app/Dockerfile:10: the here-document END never ends',
  ])
  expect(problems(() => parse('# nothing\n'))).toEqual([
    'app/Dockerfile:1: there is no FROM (a Dockerfile has at least one stage)',
  ])
})

test('whatever the text, the parser answers or names a line', () => {
  const word = fc.constantFrom(
    ...[
      'FROM',
      'COPY',
      'ENV',
      'RUN',
      'ARG',
      ' ',
      '\n',
      '\\\n',
      '#',
      '"',
      "'",
      '$',
      '{',
      '}',
      '<<E',
      'E',
      '[',
      'a=b',
    ],
    '`',
    '--from=0',
    ':-',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (parts) => {
      const text = `FROM a\n${parts.join(' ')}`
      for (const problem of problems(() => final(text))) expect(problem).toMatch(/^app\/Dockerfile:\d+: /)
    }),
    { numRuns: 500 },
  )
})
