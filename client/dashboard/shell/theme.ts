import { effect, signal } from '@preact/signals'

/** `system`: whatever the machine has. */
export type Theme = 'system' | 'light' | 'dark'
export const THEMES: readonly Theme[] = ['system', 'light', 'dark']

const STORED = 'muster-theme'
const kept = localStorage.getItem(STORED)

/** How this device shows the page; kept on it. */
export const theme = signal<Theme>(THEMES.find((each) => each === kept) ?? 'system')

effect(() => {
  const { dataset } = document.documentElement
  if (theme.value === 'system') delete dataset['theme']
  else dataset['theme'] = theme.value
  localStorage.setItem(STORED, theme.value)
})
