/** Distribution function of the standard normal. */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x / Math.SQRT2)
}

/**
 * Complementary error function by W. J. Cody's rational approximations ("Rational Chebyshev approximations for the error
 * function", Math. Comp. 23, 1969); relative error below 1e-15.
 */
export function erfc(x: number): number {
  const y = Math.abs(x)
  if (y <= 0.46875) return 1 - erfSmall(x)
  const tail = y <= 4 ? erfcMiddle(y) : y < 27 ? erfcLarge(y) : 0
  return x < 0 ? 2 - tail : tail
}

function erfSmall(x: number): number {
  const z = x * x
  const top =
    (((0.18577770618460315 * z + 3.1611237438705655) * z + 113.86415415105016) * z + 377.485237685302) * z +
    3209.3775891384694
  const bottom =
    (((z + 23.601290952344122) * z + 244.02463793444417) * z + 1282.6165260773723) * z + 2844.236833439171
  return (x * top) / bottom
}

function erfcMiddle(y: number): number {
  const p = [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
    881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ]
  const q = [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
    4362.619090143247, 3439.3676741437216, 1230.3393548037495,
  ]
  return (squareExp(y) * horner(p, y)) / horner(q, y)
}

function erfcLarge(y: number): number {
  const z = 1 / (y * y)
  const p = [
    0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
    0.0006587491615298378,
  ]
  const q = [
    1, 2.568520192289822, 1.8729528499234604, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
  ]
  const r = (z * horner(p, z)) / horner(q, z)
  return (squareExp(y) * (0.5641895835477563 - r)) / y
}

/** exp(-y^2) without the rounding of y^2. */
function squareExp(y: number): number {
  const near = Math.trunc(y * 16) / 16
  return Math.exp(-near * near) * Math.exp(-(y - near) * (y + near))
}

function horner(coefficients: readonly number[], x: number): number {
  let value = 0
  for (const c of coefficients) value = value * x + c
  return value
}

/** Density of the standard normal. */
export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)
}

/**
 * Quantile of the standard normal: P. J. Acklam's approximation, polished by one step of Halley's method to about 1e-15.
 * p in (0, 1); 0 and 1 give -Infinity and Infinity.
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return p === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (p >= 1) return p === 1 ? Number.POSITIVE_INFINITY : Number.NaN
  const first = acklam(p)
  const error = first < 0 ? normalCdf(first) - p : 1 - p - normalCdf(-first)
  const u = error / normalDensity(first)
  return first - u / (1 + (first * u) / 2)
}

function acklam(p: number): number {
  const low = 0.02425
  if (p > 1 - low) return -acklam(1 - p)
  if (p < low) {
    const q = Math.sqrt(-2 * Math.log(p))
    const top = horner(
      [
        -0.00778489400243029, -0.322396458041136, -2.40075827716184, -2.54973253934373, 4.37466414146497,
        2.93816398269878,
      ],
      q,
    )
    return top / horner([0.00778469570904146, 0.32246712907004, 2.445134137143, 3.75440866190742, 1], q)
  }
  const q = p - 0.5
  const r = q * q
  const top = horner(
    [
      -39.6968302866538, 220.946098424521, -275.928510446969, 138.357751867269, -30.6647980661472,
      2.50662827745924,
    ],
    r,
  )
  const bottom = horner(
    [-54.4760987982241, 161.585836858041, -155.698979859887, 66.8013118877197, -13.2806815528857, 1],
    r,
  )
  return (top * q) / bottom
}
