import { expect, test } from 'vitest'
import { parseIgnore } from '../../../src/tools/context/ignore.ts'
import { refusal } from './tree.ts'

const ignored = (patterns: string, path: string): boolean => parseIgnore(patterns, 'x').ignores(path)

// The table of moby/patternmatcher (patternmatcher_test.go, TestMatches and its neighbours), the cases without backslash separators.
test.each([
  ['**', 'file', true],
  ['**', 'file/', true],
  ['**/', 'file', true],
  ['**', '/', true],
  ['**/', 'dir/file', true],
  ['**', 'dir/file', true],
  ['**/**', 'dir/file', true],
  ['dir/**', 'dir/file', true],
  ['dir/**', 'dir/dir2/file', true],
  ['**/dir', 'dir', true],
  ['**/dir', 'dir/file', true],
  ['**/dir2/*', 'dir/dir2/file', true],
  ['**/dir2/*', 'dir/dir2/dir2/file', true],
  ['**/dir2/**', 'dir/dir2/dir2/file', true],
  ['**file', 'file', true],
  ['**file', 'dir/file', true],
  ['**/file', 'dir/file', true],
  ['**file', 'dir/dir/file', true],
  ['**/file', 'dir/dir/file', true],
  ['**/file*', 'dir/dir/file', true],
  ['**/file*', 'dir/dir/file.txt', true],
  ['**/file*txt', 'dir/dir/file.txt', true],
  ['**/file*.txt', 'dir/dir/file.txt', true],
  ['**/file*.txt*', 'dir/dir/file.txt', true],
  ['**/**/*.txt', 'dir/dir/file.txt', true],
  ['**/**/*.txt2', 'dir/dir/file.txt', false],
  ['**/*.txt', 'file.txt', true],
  ['**/**/*.txt', 'file.txt', true],
  ['a**/*.txt', 'a/file.txt', true],
  ['a**/*.txt', 'a/dir/file.txt', true],
  ['a**/*.txt', 'a/dir/dir/file.txt', true],
  ['a/*.txt', 'a/dir/file.txt', false],
  ['a/*.txt', 'a/file.txt', true],
  ['a/*.txt**', 'a/file.txt', true],
  ['a[b-d]e', 'ae', false],
  ['a[b-d]e', 'ace', true],
  ['a[b-d]e', 'aae', false],
  ['a[^b-d]e', 'aze', true],
  ['.*', '.foo', true],
  ['.*', 'foo', false],
  ['abc.def', 'abcdef', false],
  ['abc.def', 'abc.def', true],
  ['abc.def', 'abcZdef', false],
  ['abc?def', 'abcZdef', true],
  ['abc?def', 'abcdef', false],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['**/foo/bar', 'foo/bar', true],
  ['**/foo/bar', 'dir/foo/bar', true],
  ['**/foo/bar', 'dir/dir2/foo/bar', true],
  ['abc/**', 'abc', false],
  ['abc/**', 'abc/def', true],
  ['abc/**', 'abc/def/ghi', true],
  ['**/.foo', '.foo', true],
  ['**/.foo', 'bar.foo', false],
  ['a(b)c/def', 'a(b)c/def', true],
  ['a(b)c/def', 'a(b)c/xyz', false],
  ['a.|)$(}+{bc', 'a.|)$(}+{bc', true],
  ['**\n!util/docker/web', 'util/docker/web/foo', false],
  ['**\n!util/docker/web\nutil/docker/web/foo', 'util/docker/web/foo', true],
  ['**\n!dist/*.whl', 'dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl', false],
])('moby says of %s and %s: %s', (pattern, path, expected) => {
  expect(ignored(pattern, path.replace(/^\/|\/$/g, ''))).toBe(expected)
})

test.each([
  ['a\n!a/b', 'a/b', false],
  ['a\n!a/b', 'a/c', true],
  ['!a/b\na', 'a/b', true],
  ['*\n!docs\ndocs/*.md\n!docs/README.md', 'docs/x.md', true],
  ['*\n!docs\ndocs/*.md\n!docs/README.md', 'docs/README.md', false],
  ['*\n!docs\ndocs/*.md\n!docs/README.md', 'docs/deep/x.md', false],
  ['/a/', 'a', true],
  ['./a/../b', 'b', true],
  ['  b  ', 'b', true],
  ['# b\n#b', 'b', false],
  ['\ufeffb\r\nc\r\n', 'b', true],
  ['\ufeffb\r\nc\r\n', 'c', true],
  ['! a', 'a', false],
  ['b', 'a/b', false],
  ['b', 'bb', false],
  // Docker looks at a folder first: the exception was not asked there, so it does not count below.
  ['a/b\n!a', 'a/b', true],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a🙂b', true],
  ['[\\-x]', '-', true],
  ['[a-ζ]*', 'α', true],
])('of %j and %s the last pattern that fits decides: %s', (patterns, path, expected) => {
  expect(ignored(patterns, path)).toBe(expected)
})

test('patterns that cannot be read are named with their line, all at once', async () => {
  expect(await refusal(() => parseIgnore('a\n[\n!\n[]\n', 'app/.dockerignore'))).toEqual([
    'app/.dockerignore:2: [ is not a pattern (a [ needs its ])',
    'app/.dockerignore:3: a "!" alone takes nothing back in',
    'app/.dockerignore:4: [] is not a pattern (a [ needs its ])',
  ])
})
