/**
 * Families of EC2 with GPUs or accelerators, and the regions that have them: DescribeInstanceTypeOfferings of AWS, as moto 5.2.5
 * carries it (November 2026). A test compares the two. What is newer than the table is not refused: see `lacks`.
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-regions.html
 */
const FAMILIES: Readonly<Record<string, string>> = {
  g4dn: 'af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2',
  g5: 'ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ap-southeast-3 ca-central-1 eu-central-1 eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 sa-east-1 us-east-1 us-east-2 us-west-2',
  g5g: 'ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-3 eu-central-1 eu-south-2 us-east-1 us-west-2',
  g6: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-2 ap-southeast-5 ca-central-1 eu-central-1 eu-central-2 eu-north-1 eu-south-2 eu-west-2 eu-west-3 me-central-1 sa-east-1 us-east-1 us-east-2 us-west-2',
  g6e: 'ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 eu-central-1 eu-north-1 eu-south-2 me-central-1 us-east-1 us-east-2 us-west-2',
  g6f: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-south-2 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2',
  g7: 'eu-central-1 eu-north-1 eu-south-2 us-east-1 us-east-2 us-west-2',
  g7e: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-3 eu-central-1 eu-north-1 eu-south-2 eu-west-2 us-east-1 us-east-2 us-west-2',
  gr6: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ap-southeast-5 ca-central-1 eu-central-1 eu-central-2 eu-north-1 eu-south-2 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-2',
  gr6f: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-south-2 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2',
  inf1: 'af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2',
  inf2: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-2',
  p3dn: 'ap-northeast-1 eu-west-1 us-east-1 us-west-2',
  p4d: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2',
  p4de: 'ap-northeast-1 ap-southeast-1 eu-central-1 il-central-1 us-east-1 us-west-2',
  p5: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ap-southeast-3 ca-central-1 eu-north-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2',
  p5e: 'ap-southeast-2 ap-southeast-3 eu-north-1 eu-west-2 sa-east-1 us-east-2 us-west-2',
  p5en: 'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-3 eu-north-1 eu-south-2 me-central-1 us-east-1 us-east-2 us-west-1 us-west-2',
  'p6-b200': 'ap-south-1 ap-south-2 eu-north-1 eu-west-3 us-east-1 us-east-2 us-west-2',
  'p6-b300': 'ap-northeast-2 ap-south-2 ap-southeast-3 sa-east-1 us-east-1 us-west-2',
  trn1: 'ap-south-1 ap-southeast-2 ap-southeast-4 us-east-1 us-east-2 us-west-2',
  trn1n: 'us-east-1 us-east-2 us-west-2',
  trn2: 'ap-south-2 ap-southeast-4 sa-east-1 us-east-2',
  trn2u: 'ap-south-2',
}

/** The regions that the table knows. */
const REGIONS =
  'af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2'

const has = (family: string, region: string): boolean =>
  FAMILIES[family]?.split(' ').includes(region) === true

/**
 * Whether a region lacks an instance type: `g5.xlarge`, a family alone as Batch takes it, or `ml.g5.xlarge` of SageMaker. False
 * where the table does not know the family or the region.
 */
export function lacks(region: string, machine: string): boolean {
  const [family = ''] = machine.replace(/^ml\./, '').split('.')
  return Object.hasOwn(FAMILIES, family) && REGIONS.split(' ').includes(region) && !has(family, region)
}

/** The families with accelerators that a region has. */
export function acceleratorsOf(region: string): string[] {
  return Object.keys(FAMILIES).filter((family) => has(family, region))
}

/** The whole table, for the test that compares it. */
export const ACCELERATORS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(FAMILIES).map(([family, regions]) => [family, regions.split(' ')]),
)
