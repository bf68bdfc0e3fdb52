import { EC2Client, type InstanceTypeInfo, paginateDescribeInstanceTypes } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { architectureOf, TASK_MACHINES } from '../../../src/domain/machines/task-machines.ts'
import { type Moto, startMoto } from '../../real/moto.ts'
import { describeReal } from '../../real.ts'

describeReal('machines of AWS as moto carries them', ['moto'], () => {
  let moto: Moto
  const all = new Map<string, InstanceTypeInfo>()

  beforeAll(async () => {
    moto = await startMoto()
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const client = new EC2Client({ endpoint: moto.url, region: 'us-east-1', credentials })
    for await (const { InstanceTypes = [] } of paginateDescribeInstanceTypes({ client }, {})) {
      for (const type of InstanceTypes) all.set(String(type.InstanceType), type)
    }
    client.destroy()
  }, 120_000)
  afterAll(() => moto[Symbol.asyncDispose]())

  test.each(Object.entries(TASK_MACHINES))(
    'R36 %s has the processors, memory and GPUs of the table',
    (name, parts) => {
      const { VCpuInfo, MemoryInfo, GpuInfo } = all.get(name) ?? {}
      const gpus = GpuInfo?.Gpus?.reduce((sum, { Count = 0 }) => sum + Count, 0) ?? 0
      expect([VCpuInfo?.DefaultVCpus, (MemoryInfo?.SizeInMiB ?? 0) / 1024, gpus]).toEqual(parts)
    },
  )

  test('what a machine runs programs for is in its name, for every type', () => {
    expect(all.size).toBeGreaterThan(500)
    const wrong = [...all].filter(([name, { ProcessorInfo }]) => {
      const own = architectureOf(name) === 'arm64' ? 'arm64' : 'x86_64'
      // Of Apple's, ECS has none.
      return !name.startsWith('mac') && !ProcessorInfo?.SupportedArchitectures?.includes(own)
    })
    expect(wrong.map(([name]) => name)).toEqual([])
  })
})
