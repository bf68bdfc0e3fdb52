/** Which columns a metric reads, by role: the evidence maps roles to columns. */
export interface Need {
  readonly of: 'label' | 'model' | 'query'
  /** Role of a model's column: `predicted`, `score`, `latency_ms`, `cost`, or a name of the user's. */
  readonly role: string
  readonly use: 'category' | 'number'
}

interface Common {
  readonly name: string
  /** null: the policy alone knows. */
  readonly direction: 'higher' | 'lower' | null
  /** Values outside are a fault of the evidence, not a score. */
  readonly range: readonly [low: number, high: number]
  readonly needs: readonly Need[]
  /** Kind of bootstrap interval, where the policy asks for another than the default. */
  readonly interval?: 'bca'
}

/** Counts of a classifier's outcomes by class code. */
export interface LabelTotals {
  readonly labelled: Float64Array
  readonly predicted: Float64Array
  readonly truePositive: Float64Array
}

/** A function of the confusion matrix. */
export interface LabelMetric extends Common {
  readonly family: 'labels'
  /** Accuracy is a proportion of rows, with exact methods of its own. */
  readonly proportion: boolean
  /** True where the metric is that of one class among the others. */
  readonly ofPositive: boolean
  /** `positive` is a class code. NaN where undefined. */
  value(totals: LabelTotals, positive: number): number
}

/** A function of sums over rows: each row adds `width` numbers. */
export interface SumMetric extends Common {
  readonly family: 'sums'
  readonly width: number
  readonly input: 'numbers' | 'probability' | 'column'
  /** Adds one row's numbers to into[at, at + width). `truth` is the label's number, or 1 and 0 for positive and other. */
  add(into: Float64Array, at: number, weight: number, truth: number, given: number): void
  value(sums: Float64Array, at: number): number
}

/** Area under the ROC or precision-recall curve: needs the order of scores. */
export interface AreaMetric extends Common {
  readonly family: 'area'
  readonly curve: 'roc' | 'pr'
}

/** A percentile of a column. */
export interface PercentileMetric extends Common {
  readonly family: 'percentile'
  /** In (0, 1). */
  readonly share: number
}

/** A mean over queries of a ranking's quality in its first k rows. */
export interface RankingMetric extends Common {
  readonly family: 'ranking'
  readonly k: number
  readonly quality: 'map' | 'recall' | 'ndcg'
}

/** Not a function of the rows: the evidence or the registry states it (size of the artifact). */
export interface StatedMetric extends Common {
  readonly family: 'stated'
}

export type Metric = LabelMetric | SumMetric | AreaMetric | PercentileMetric | RankingMetric | StatedMetric
