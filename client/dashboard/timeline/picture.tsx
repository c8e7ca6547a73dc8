import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Time } from '../parts/time.tsx'
import { gapInWords, type Point, type Track } from './life.ts'

/** In units of the picture, which is drawn as wide as there is room. */
const STEP = 92
const MARGIN = 46
const LINE_Y = 30

/** The life of a message with one recipient: a line with a point for each thing that is proven, and the time between them. */
export function TrackView({ track: { to, points }, isOpen }: { readonly track: Track; readonly isOpen: boolean }) {
  return (
    <li class="track">
      <p class="track-to">
        To <PeerName of={to} />
      </p>
      <Picture points={points} />
      <InWords points={points} isOpen={isOpen} />
    </li>
  )
}

/** The same as the words below it, so a screen reader is spared it. */
export function Picture({ points }: { readonly points: readonly Point[] }) {
  const width = MARGIN * 2 + STEP * (points.length - 1)
  const x = (index: number): number => MARGIN + STEP * index
  return (
    <svg class="picture" viewBox={`0 0 ${width} 58`} width={width} height={58} aria-hidden="true">
      {points.map(({ gapMs, word }, index) =>
        gapMs === undefined ? null : (
          <g key={`${index} ${word}`}>
            <line class="picture-line" x1={x(index - 1) + 9} x2={x(index) - 9} y1={LINE_Y} y2={LINE_Y} />
            <text class="picture-gap" x={x(index) - STEP / 2} y={LINE_Y - 8} text-anchor="middle">
              {gapInWords(gapMs)}
            </text>
          </g>
        ),
      )}
      {points.map(({ word, tone }, index) => (
        <g key={`${index} ${word}`} class={`picture-point picture-${tone}`}>
          <circle cx={x(index)} cy={LINE_Y} r={index === points.length - 1 ? 7 : 5} />
          <text x={x(index)} y={LINE_Y + 22} text-anchor="middle">
            {word}
          </text>
        </g>
      ))}
    </svg>
  )
}

interface InWordsProps {
  readonly points: readonly Point[]
  /** Of many, only those that are asked for are told at length. */
  readonly isOpen: boolean
}

export function InWords({ points, isOpen }: InWordsProps) {
  return (
    <details class="track-words" open={isOpen}>
      <summary>In words</summary>
      <ol>
        {points.map(({ word, at, gapMs, note }, index) => (
          <li key={index}>
            <strong>{word}</strong> <Time at={at} as="clock" />
            {gapMs === undefined ? null : `, ${gapInWords(gapMs)} later`}
            {note === null ? null : (
              <span class="soft" dir="auto">
                {' '}
                ({visible(note)})
              </span>
            )}
          </li>
        ))}
      </ol>
    </details>
  )
}
