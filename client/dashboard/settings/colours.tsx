import { Section } from '../parts/page.tsx'
import { THEMES, type Theme, theme } from '../shell/theme.ts'

const SAYS: Readonly<Record<Theme, string>> = { system: 'Same as the system', light: 'Light', dark: 'Dark' }

/** How this device shows the page. */
export function Colours() {
  return (
    <Section title="Colours">
      <fieldset class="panel wants">
        <legend class="hidden">Colours</legend>
        {THEMES.map((each) => (
          <label key={each} class="check">
            <input type="radio" name="theme" checked={theme.value === each} onChange={() => (theme.value = each)} />
            {SAYS[each]}
          </label>
        ))}
      </fieldset>
    </Section>
  )
}
