import { areaPath, dotsPath, linePath } from './spark.ts'

const WIDTH = 300
const HEIGHT = 56

export interface Line {
  /** What it shows of all of the time together: "8 asked", "median 80 ms". */
  readonly says: string
  readonly values: readonly (number | null)[]
}

interface ChartProps {
  readonly title: string
  /** The time that it covers: "last hour". */
  readonly over: string
  /** Its beginning: "an hour ago". */
  readonly since: string
  /** What its height stands for: "at most 3 a minute". */
  readonly most: (top: number) => string
  /** One, or two of which the second is dashed; none where nothing happened. */
  readonly lines: readonly Line[]
}

/** A small chart: its figures with a name each, and their course. */
export function Chart({ title, over, since, most, lines }: ChartProps) {
  const top = Math.max(0, ...lines.flatMap(({ values }) => values).map((value) => value ?? 0))
  const [first] = lines
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      {first === undefined ? (
        <p class="soft">Nothing in this time</p>
      ) : (
        <>
          <ul class="chart-figures">
            {lines.map(({ says }, index) => (
              <li key={says}>
                {lines.length > 1 ? <Key index={index} /> : null}
                {says}
              </li>
            ))}
          </ul>
          <svg
            class="chart-course"
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`${title}, ${over}: ${lines.map(({ says }) => says).join(', ')}; ${most(top)}`}
          >
            <path class="chart-area" d={areaPath(first.values, top, WIDTH, HEIGHT)} />
            {[...lines.entries()].reverse().map(([index, { says, values }]) => (
              <g key={says}>
                <path class={lineClass(index)} d={linePath(values, top, WIDTH, HEIGHT)} />
                <path class={`${lineClass(index)} chart-dots`} d={dotsPath(values, top, WIDTH, HEIGHT)} />
              </g>
            ))}
          </svg>
          <p class="chart-scale soft" aria-hidden="true">
            <span>{since}</span>
            <span>{most(top)}</span>
            <span>now</span>
          </p>
        </>
      )}
    </figure>
  )
}

/** The stroke by which a figure's line is known. */
function Key({ index }: { readonly index: number }) {
  return (
    <svg class="chart-key" viewBox="0 0 20 4" aria-hidden="true">
      <path class={lineClass(index)} d="M1 2H19" />
    </svg>
  )
}

function lineClass(index: number): string {
  return index === 0 ? 'chart-line' : 'chart-line chart-line-2'
}
