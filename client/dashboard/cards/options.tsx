import { Check, LoaderCircle } from 'lucide'
import { Icon } from '../parts/icon.tsx'
import { visible } from '../parts/plain-text.ts'
import type { Card, Letter } from './words.ts'

interface OptionsProps {
  readonly card: Card
  readonly isOff: boolean
  /** What is on its way to the daemon. */
  readonly sending: Letter | 'revise' | undefined
  readonly whole: boolean
  readonly onChoose: (letter: Letter) => void
}

/** The options, a tap each. One that approves and one that denies stand apart, so that no finger takes the other. */
export function Options({ card, isOff, sending, whole, onChoose }: OptionsProps) {
  return (
    <ul class="card-options">
      {card.options.map((option, index) => {
        const isRecommended = card.recommendation.option === option.letter
        const before = card.options[index - 1]
        const isApart = before !== undefined && before.does !== option.does
        return (
          <li key={option.letter} class={isApart ? 'card-apart' : undefined}>
            <button
              type="button"
              class={`card-option${isRecommended ? ' recommended' : ''}${option.does ? ` card-${option.does}` : ''}`}
              data-letter={option.letter}
              disabled={isOff}
              onClick={() => onChoose(option.letter)}
            >
              <span class="card-letter" aria-hidden="true">
                {option.letter.toUpperCase()}
              </span>
              <span class="card-option-text" dir="auto">
                <span class="hidden">{option.letter.toUpperCase()}: </span>
                <Effect of={option} />
                {visible(option.text)}
                {isRecommended ? <span class="card-recommended">Recommended</span> : null}
              </span>
              {sending === option.letter ? (
                <span class="card-sending">
                  <Icon of={LoaderCircle} /> Sending
                </span>
              ) : null}
            </button>
            <ForAndAgainst option={option} open={whole} />
          </li>
        )
      })}
    </ul>
  )
}

/** What an option of an approval does. Its words are those of whoever asks, and may say the opposite. */
function Effect({ of: { does } }: { readonly of: Card['options'][number] }) {
  return does === null ? null : <strong class="card-does">{does === 'approve' ? 'Approve:' : 'Deny:'} </strong>
}

/** The options of a card that is decided, with the one that was chosen. */
export function PastOptions({ card }: { readonly card: Card }) {
  return (
    <ul class="card-options">
      {card.options.map((option) => {
        const isChosen = card.option === option.letter
        return (
          <li key={option.letter} class={isChosen ? 'card-past chosen' : 'card-past'}>
            <p class="card-past-option">
              <span class="card-letter">{option.letter.toUpperCase()}</span>
              <span class="card-option-text" dir="auto">
                <Effect of={option} />
                {visible(option.text)}
              </span>
              {isChosen ? <Icon of={Check} label="chosen" /> : null}
            </p>
            <ForAndAgainst option={option} />
          </li>
        )
      })}
    </ul>
  )
}

function ForAndAgainst({ option, open = false }: { readonly option: Card['options'][number]; readonly open?: boolean }) {
  return (
    <details class="card-pros" open={open}>
      <summary>For and against{option.safe && option.does !== 'approve' ? ', can be undone' : ''}</summary>
      <dl>
        <div>
          <dt>
            <span aria-hidden="true">+</span>
            <span class="hidden">For</span>
          </dt>
          <dd dir="auto">{visible(option.pros)}</dd>
        </div>
        <div>
          <dt>
            <span aria-hidden="true">−</span>
            <span class="hidden">Against</span>
          </dt>
          <dd dir="auto">{visible(option.cons)}</dd>
        </div>
      </dl>
    </details>
  )
}
