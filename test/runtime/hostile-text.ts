import fc from 'fast-check'

/** Text made of the pieces that commands, escape sequences and reordering are made of. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '::',
          ':',
          '##[',
          '#',
          '[',
          ']',
          '\r',
          '\n',
          '\r\n',
          '\x1b[',
          '\x1b]',
          '\x1b',
          '\x07',
          '\x9b',
          '\x9c',
        ],
        ...[
          'error',
          'add-mask',
          'stop-commands',
          ' ',
          '\t',
          '\u00a0',
          '\u3000',
          '\ufeff',
          '\u200b',
          '\u0085',
        ],
        ...[
          '\u202e',
          '\u2066',
          '\u2028',
          '\x00',
          '%0A',
          '%25',
          'm',
          '31',
          ';',
          '\x0b',
          '\x0c',
          '\u180e',
          '<<',
          '=',
          'EOF',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''))
