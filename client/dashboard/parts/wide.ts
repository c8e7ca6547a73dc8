import { signal } from '@preact/signals'

/** As in the styles: from here on there is room beside the navigation. */
const query = matchMedia('(width >= 64rem)')

/** Whether two panes fit beside each other. */
export const isWide = signal(query.matches)
query.addEventListener('change', ({ matches }) => {
  isWide.value = matches
})
