import { CreateLaunchTemplateCommand, DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll } from 'vitest'
import { type Moto, startMoto } from '../real/moto.ts'
import { describeReal } from '../real.ts'
import { machinesContract } from './machines.ts'

describeReal('machines of moto', ['moto'], () => {
  let moto: Moto
  let ec2: EC2Client
  let template = ''

  beforeAll(async () => {
    moto = await startMoto()
    ec2 = new EC2Client({
      endpoint: moto.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    })
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({}))
    const made = await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'detector',
        LaunchTemplateData: { ImageId: Images[0]?.ImageId ?? '', InstanceType: 'g4dn.xlarge' },
      }),
    )
    template = made.LaunchTemplate?.LaunchTemplateId ?? ''
  }, 120_000)
  afterAll(async () => {
    ec2.destroy()
    await moto[Symbol.asyncDispose]()
  })

  machinesContract(() => ({ ec2, template }))
})
