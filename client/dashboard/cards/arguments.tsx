import { exactText } from '../../../src/exact-text.ts'
import { shownValue } from './words.ts'

/** What something would be done with, each by its name and to the last character. */
export function Arguments({ of }: { readonly of: Readonly<Record<string, unknown>> }) {
  return (
    <dl class="arguments" tabIndex={0}>
      {Object.entries(of).map(([name, value]) => (
        <div key={name}>
          <dt>
            <bdi>{exactText(name)}</bdi>
          </dt>
          <dd>
            <code dir="auto">{shownValue(value)}</code>
          </dd>
        </div>
      ))}
    </dl>
  )
}
