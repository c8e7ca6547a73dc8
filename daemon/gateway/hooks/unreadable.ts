import { MusterError } from '../../../src/errors.ts'

export function unreadable(): MusterError {
  return new MusterError('unsupported_media_type', { hint: 'Send JSON or a form, as they are: no compression.' }, { message: 'An event is JSON, or a form.' })
}
