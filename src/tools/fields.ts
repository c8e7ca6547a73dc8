import * as z from 'zod'
import { Id } from '../contract/common.ts'
import { askThread } from '../contract/threads.ts'
import { MAX_TOOL_WAIT_MS } from './port.ts'

const { to, select, body, priority } = askThread.input.shape

/** Fields that several tools take, each from the contract. */
export const To = to.describe('name, name@circle, peer id, role:<role> or cap:<capability>')
export const Select = select.describe('With role: or cap:, whom it means')
export const Text = body
export const Urgency = priority.describe('urgent interrupts a turn, low waits for company')
export const ThreadId = Id('thread')
export const Seconds = z.int().min(0).max(50)

/** Shapes that several tools give. */
export const SentShape = z.object({ to: z.string(), thread: z.string(), reach: z.string() })
export const RefusedShape = z.object({ to: z.string(), why: z.string() })

/** A number of seconds as a duration of the contract, within what a call may take. */
export function waitFor(seconds: number): string {
  return `${Math.min(seconds * 1_000, MAX_TOOL_WAIT_MS)}ms`
}
