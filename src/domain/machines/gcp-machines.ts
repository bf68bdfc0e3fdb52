/**
 * Machines of Google Cloud with GPUs: their type says how many and which
 * (https://cloud.google.com/compute/docs/gpus, https://cloud.google.com/compute/docs/gpus/gpu-regions-zones).
 */

interface Family {
  /** As Vertex AI names the GPU. */
  readonly accelerator: string
  /** As Google's pages name it. */
  readonly gpu: string
  /** Machine type -> GPUs; the first with a number is the smallest. */
  readonly machines: Readonly<Record<string, number>>
  /** Absent: it is left to Google to say where they are. */
  readonly locations?: readonly string[]
}

const FAMILIES: readonly Family[] = [
  {
    accelerator: 'NVIDIA_L4',
    gpu: 'L4',
    machines: {
      'g2-standard-4': 1,
      'g2-standard-8': 1,
      'g2-standard-12': 1,
      'g2-standard-16': 1,
      'g2-standard-32': 1,
      'g2-standard-24': 2,
      'g2-standard-48': 4,
      'g2-standard-96': 8,
    },
    locations: [
      'asia-east1',
      'asia-northeast1',
      'asia-northeast3',
      'asia-south1',
      'asia-southeast1',
      'europe-west1',
      'europe-west2',
      'europe-west3',
      'europe-west4',
      'europe-west6',
      'me-central2',
      'northamerica-northeast2',
      'us-central1',
      'us-east1',
      'us-east4',
      'us-west1',
      'us-west4',
    ],
  },
  {
    accelerator: 'NVIDIA_TESLA_A100',
    gpu: 'A100 40GB',
    machines: {
      'a2-highgpu-1g': 1,
      'a2-highgpu-2g': 2,
      'a2-highgpu-4g': 4,
      'a2-highgpu-8g': 8,
      'a2-megagpu-16g': 16,
    },
    locations: [
      'asia-northeast1',
      'asia-northeast3',
      'asia-southeast1',
      'europe-west4',
      'me-west1',
      'us-central1',
      'us-east1',
      'us-west1',
      'us-west3',
      'us-west4',
    ],
  },
  {
    accelerator: 'NVIDIA_A100_80GB',
    gpu: 'A100 80GB',
    machines: { 'a2-ultragpu-1g': 1, 'a2-ultragpu-2g': 2, 'a2-ultragpu-4g': 4, 'a2-ultragpu-8g': 8 },
    locations: ['asia-southeast1', 'europe-west4', 'us-central1', 'us-east4', 'us-east5'],
  },
  {
    accelerator: 'NVIDIA_H100_80GB',
    gpu: 'H100',
    machines: { 'a3-highgpu-1g': 1, 'a3-highgpu-2g': 2, 'a3-highgpu-4g': 4, 'a3-highgpu-8g': 8 },
  },
]

/** Where a container of Cloud Run can have a GPU, and what it must have beside it (https://cloud.google.com/run/docs/configuring/services/gpu). */
export const RUN_GPU = {
  type: 'nvidia-l4',
  locations: ['asia-south1', 'asia-southeast1', 'europe-west1', 'europe-west4', 'us-central1', 'us-east4'],
  cpu: [4, 8],
  /** Bytes. */
  memory: 16 * 2 ** 30,
  /** Milliseconds that a task may run. */
  timeout: 3_600_000,
} as const

/** Numbers of GPUs that machines have, where no machine is named: those of the L4. */
export const GPU_NUMBERS = [0, 1, 2, 4, 8] as const

/** The smallest machine with so many GPUs, or with so many vCPU and none; undefined where there is none. */
export function smallestMachine(gpu: number, cpu = 2): string | undefined {
  if (gpu === 0) {
    const size = [2, 4, 8, 16, 32, 48, 64, 80, 96, 128].find((each) => each >= cpu)
    return size === undefined ? undefined : `n2-standard-${size}`
  }
  const [first] = FAMILIES
  return Object.entries(first?.machines ?? {}).find(([, number]) => number === gpu)?.[0]
}

/** The GPUs that a machine type has; undefined for one without. */
export function gpusOf(
  machine: string,
): { readonly accelerator: string; readonly count: number } | undefined {
  const family = FAMILIES.find(({ machines }) => machines[machine] !== undefined)
  return family === undefined
    ? undefined
    : { accelerator: family.accelerator, count: family.machines[machine] ?? 0 }
}

/** What a location does not have about a machine with GPUs, in words; undefined where it has it. */
export function machineProblem(machine: string, gpu: number, location: string): string | undefined {
  const family = FAMILIES.find(({ machines }) => machines[machine] !== undefined)
  if (family === undefined) {
    return gpu === 0
      ? undefined
      : `machines with GPUs: ${FAMILIES.flatMap(({ machines }) => Object.keys(machines)).join(', ')}`
  }
  const count = family.machines[machine] ?? 0
  if (count !== gpu) return `${machine} has ${count} GPU${count === 1 ? '' : 's'}`
  return family.locations === undefined || family.locations.includes(location)
    ? undefined
    : `locations with ${family.gpu}: ${family.locations.join(', ')}`
}
