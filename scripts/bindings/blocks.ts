/** A function or a class at the top of a binding. */
export interface Block {
  /** Without its brace. */
  readonly head: string
  /** The lines inside, as they are indented. */
  readonly body: readonly string[]
}

/** What stands between them and says nothing. */
const BETWEEN = [
  /^"use strict";$/,
  /^(var|exports\.)(.*) ?(= void 0)?;$/,
  /^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/,
  /^const JSII_RTTI_SYMBOL_1 = Symbol\.for\("jsii\.rtti"\);$/,
  /^const cdktf = require\("cdktf"\);$/,
  /^_\w+ = JSII_RTTI_SYMBOL_1;$/,
  /^\w+\[_\w+\] = \{ fqn: "[^"]+", version: "[^"]+" \};$/,
  // Names that the class tells; `synthesizes` has the same one from its constructor.
  /^\w+\.tfResourceType = "\w+";$/,
]

/** Only JSON is asked for: what makes HCL, and what takes existing things over by code, is left out. */
const UNUSED_BLOCK = /^function \w+ToHclTerraform\(struct\)$/
const UNUSED_MEMBER = /^(synthesizeHclAttributes\(\) \{|static generateConfigForImport\()/

/**
 * The blocks at the top of a binding's source, each with a brace of its own in the first column.
 *
 * @throws Error with the line between them that is not understood
 */
export function blocksOf(source: string): Block[] {
  const blocks: Block[] = []
  let open: { head: string; body: string[] } | undefined
  for (const line of withoutComments(source)) {
    if (open !== undefined) {
      if (line === '}') {
        if (!UNUSED_BLOCK.test(open.head)) blocks.push(open)
        open = undefined
      } else open.body.push(line)
    } else if (/^(function|class) .*\{$/.test(line)) {
      open = { head: line.slice(0, -1).trim(), body: [] }
    } else if (!BETWEEN.some((known) => known.test(line))) {
      throw new Error(`not understood: ${line}`)
    }
  }
  return blocks
}

/** The members of a class, each in one line. */
export function membersOf(body: readonly string[]): string[] {
  const members: string[] = []
  let open: string[] | undefined
  for (const line of body) {
    if (open === undefined && !/^ {4}\S.*\{$/.test(line)) throw new Error(`not understood: ${line}`)
    open ??= []
    open.push(line.trim())
    if (line !== '    }') continue
    members.push(open.join(' '))
    open = undefined
  }
  return members.filter((member) => !UNUSED_MEMBER.test(member))
}

function withoutComments(source: string): string[] {
  return source
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*\/\//.test(line))
}
