/** Characters of delimited text, as bytes of UTF-8. */
export const LF = 10
export const CR = 13
export const QUOTE = 34
/** Delimiters, line ends and quotes are all at or below the comma; letters and digits are above. */
export const COMMA = 44
export const ZERO = 48
