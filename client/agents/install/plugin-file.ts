import { hashOf } from './config-file.ts'
import type { Added, Editor, Found } from './editor.ts'
import { InstallError } from './install-error.ts'

const HEAD = /^\/\/ Written by "muster install (\w+)", removed by "muster uninstall \w+"\. Edits keep it from doing either\. ([0-9a-f]{16})\r?\n/

/** A file that is Muster's as a whole. Its first line says so, with a hash by which an edit of somebody shows. */
export class PluginFile implements Editor {
  readonly path: string
  readonly ownsFile = true
  readonly #text: string
  readonly #runtime: string

  constructor(path: string, runtime: string, body: string) {
    this.path = path
    this.#runtime = runtime
    this.#text = `// Written by "muster install ${runtime}", removed by "muster uninstall ${runtime}". Edits keep it from doing either. ${shortHash(body)}\n${body}`
  }

  async find(text: string): Promise<readonly Found[]> {
    return HEAD.test(text) ? [{ kind: 'plugin', where: this.path, command: '' }] : []
  }

  async holds(text: string): Promise<boolean> {
    return text === this.#text
  }

  async remove(text: string): Promise<string> {
    const head = HEAD.exec(text)
    if (!head) return text
    if (shortHash(text.slice(head[0].length)) === head[2]) return ''
    throw new InstallError(
      'config_taken',
      `${this.path} was edited after muster install wrote it`,
      'It was left as it is. Move it away if you want to keep it, or remove it.',
    )
  }

  async add(text: string | undefined): Promise<Added> {
    if (text !== undefined && text !== '') {
      const what = `${this.path} is there and is not Muster's`
      throw new InstallError('config_taken', what, `Nothing was written. Rename or remove it, then muster install ${this.#runtime}.`)
    }
    return { text: this.#text, undo: [], made: [] }
  }

  isEmpty(text: string): boolean {
    return text === ''
  }
}

function shortHash(text: string): string {
  return hashOf(text).slice(0, 16)
}
