import { complain, pairs, type Rule } from './subject.ts'

/** Networks of one account that overlap can never be joined. */
export const checkRanges: Rule = (subject) => {
  const ranges = pairs(subject.value.environments).flatMap(([name, { cidr, account, project }]) =>
    cidr === undefined ? [] : [{ name, cidr, owner: account ?? project, range: rangeOf(cidr) }],
  )
  return ranges.flatMap((one, index) => {
    const other = ranges
      .slice(0, index)
      .find(({ owner, range }) => owner === one.owner && range[0] <= one.range[1] && one.range[0] <= range[1])
    return other === undefined
      ? []
      : [
          complain(
            subject,
            ['environments', one.name, 'cidr'],
            `found ${one.cidr}, which overlaps ${other.cidr} of ${other.name}`,
            'environments of one account have networks of their own',
          ),
        ]
  })
}

/** First and last address, as numbers. */
function rangeOf(cidr: string): readonly [number, number] {
  const [address = '', prefix = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(prefix))
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const first = Math.floor(number / size) * size
  return [first, first + size - 1]
}
