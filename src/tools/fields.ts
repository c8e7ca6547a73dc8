import * as z from 'zod'
import { Id } from '../contract/common.ts'
import { askThread } from '../contract/threads.ts'
import { MusterError } from '../errors.ts'
import { decodeId } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { MAX_TOOL_WAIT_MS, type ToolPort } from './port.ts'

const { to, select, body, priority } = askThread.input.shape

/** Fields that several tools take, each from the contract. */
export const To = to.describe('name, name@circle, peer id, or role:<role>, cap:<capability>, circle:<circle>')
export const Select = select.describe('With role:, cap: or circle:, whom it means')
export const Text = body
export const Urgency = priority.describe('urgent interrupts a turn, low waits for company')
export const ThreadId = Id('thread')
/** A thread or a fan: one type in the schema, where a union would cost every session two. */
export const Ticket = z.string().refine((id) => ThreadId.safeParse(id).success || isFan(id), 'Expected an id like thr_k7qm2x4f3 or fan_k7qm2x1')

export function isFan(ticket: string): boolean {
  return Id('fan').safeParse(ticket).success
}
export const Seconds = z.int().min(0).max(50)

/** Paths and ids; what a path may name, the bridge decides. */
export const Attach = z.array(z.string().min(1).max(1_024)).min(1).max(LIMITS.maxAttachments).optional().describe('Files to send: paths in your folder, or ids')

/** What is to be attached as the contract has it: files of the agent's folder are uploaded first. */
export async function attached(port: ToolPort, attach: readonly string[] | undefined): Promise<{ attachments?: string[] }> {
  if (attach === undefined) return {}
  const attachments: string[] = []
  for (const each of attach) attachments.push(isFileId(each) ? each : await uploaded(port, each))
  return { attachments }
}

function isFileId(text: string): boolean {
  const kind = decodeId(text)?.kind
  return kind === 'attachment' || kind === 'artifact'
}

function uploaded(port: ToolPort, path: string): Promise<string> {
  if (port.files) return port.files.upload(path)
  throw new MusterError('invalid_input', { hint: 'Over HTTP only ids can be attached: those of files that you were sent.' })
}

/** Shapes that several tools give. */
export const SentShape = z.object({ to: z.string(), thread: z.string(), reach: z.string() })
export const RefusedShape = z.object({ to: z.string(), why: z.string() })

/** A number of seconds as a duration of the contract, within what a call may take. */
export function waitFor(seconds: number): string {
  return `${Math.min(seconds * 1_000, MAX_TOOL_WAIT_MS)}ms`
}
