/**
 * A line through values at equal distances, as the `d` of an SVG path in a box of `width` by `height`, the largest value at its top.
 * `null` is a time of which nothing is known: the line breaks there, and is none where a value stands alone.
 */
export function linePath(values: readonly (number | null)[], top: number, width: number, height: number): string {
  return runsOf(values, top, width, height)
    .filter(({ length }) => length > 1)
    .map(pathThrough)
    .join('')
}

/** Of the same line the values that stand alone: a stroke without length each, which round ends make a dot. */
export function dotsPath(values: readonly (number | null)[], top: number, width: number, height: number): string {
  return runsOf(values, top, width, height)
    .filter(({ length }) => length === 1)
    .map((run) => pathThrough([...run, ...run]))
    .join('')
}

/** The same line, closed along the bottom. */
export function areaPath(values: readonly (number | null)[], top: number, width: number, height: number): string {
  return runsOf(values, top, width, height)
    .map((run) => `${pathThrough(run)}L${run.at(-1)?.x} ${height}L${run[0]?.x} ${height}Z`)
    .join('')
}

interface Point {
  readonly x: number
  readonly y: number
}

/** The points of all values that are known, those that follow each other together. */
function runsOf(values: readonly (number | null)[], top: number, width: number, height: number): Point[][] {
  const step = values.length > 1 ? width / (values.length - 1) : 0
  const runs: Point[][] = []
  let run: Point[] = []
  for (const [index, value] of values.entries()) {
    if (value === null) run = []
    else {
      if (run.length === 0) runs.push(run)
      run.push({ x: round(index * step), y: round(height - (top === 0 ? 0 : (value / top) * height)) })
    }
  }
  return runs
}

function pathThrough(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')
}

const round = (value: number): number => Math.round(value * 100) / 100
