/** The parts of the YAML library that reading needs; a bundle holds no others. */
export { Composer, CST, isAlias, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml'
