import type * as z from 'zod'

/** What does not fit a schema, one sentence each, with the field that it is about. */
export function schemaProblems(schema: z.ZodType, value: unknown): readonly string[] {
  const { error } = schema.safeParse(value)
  return (error?.issues ?? []).map(({ path, message }) => (path.length === 0 ? message : `"${path.join('.')}" ${message}`))
}
