import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'

const CONTEXT_LINES = 3

/** How a file changes, as `diff -u` shows it; `undefined` stands for no file. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  const [from, to] = [before === undefined ? '/dev/null' : path, after === undefined ? '/dev/null' : path]
  const options = { context: CONTEXT_LINES, headerOptions: FILE_HEADERS_ONLY }
  return createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, options)
}
