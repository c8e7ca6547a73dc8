/**
 * A line through values at equal distances, as the `d` of an SVG path in a box of `width` by `height`, the largest value at its top.
 * `null` is a time of which nothing is known: the line breaks there.
 */
export function linePath(values: readonly (number | null)[], top: number, width: number, height: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0
  let isDown = false
  return values
    .map((value, index) => {
      if (value === null) {
        isDown = false
        return ''
      }
      const command = isDown ? 'L' : 'M'
      isDown = true
      return `${command}${round(index * step)} ${round(height - (top === 0 ? 0 : (value / top) * height))}`
    })
    .join('')
}

/** The same line, closed along the bottom. Times of which nothing is known count as zero. */
export function areaPath(values: readonly (number | null)[], top: number, width: number, height: number): string {
  if (values.length === 0) return ''
  return `${linePath(
    values.map((value) => value ?? 0),
    top,
    width,
    height,
  )}L${width} ${height}L0 ${height}Z`
}

const round = (value: number): number => Math.round(value * 100) / 100
