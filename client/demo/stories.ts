import { CREW } from './crew/scenes.ts'
import { ORCHESTRATOR } from './orchestrator/scenes.ts'
import type { Story } from './story.ts'

/** The demos by the word that picks them. */
export const STORIES: Readonly<Record<string, Story>> = { crew: CREW, orchestrator: ORCHESTRATOR }
