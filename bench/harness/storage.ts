import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'

export type StorageKind = 'memory' | 'disk'

/** Where servers and clients keep their files during a row. */
export class Storage implements AsyncDisposable {
  readonly kind: StorageKind
  /** As df(1) names it: tmpfs, ext4. */
  readonly fileSystem: string
  readonly #directory: string

  private constructor(kind: StorageKind, fileSystem: string, directory: string) {
    this.kind = kind
    this.fileSystem = fileSystem
    this.#directory = directory
  }

  static async open(kind: StorageKind): Promise<Storage> {
    const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
    const directory = await mkdtemp(join(kind === 'memory' ? memory : tmpdir(), 'bench-'))
    const { stdout } = await runProgram('df', ['--output=fstype', directory])
    await mkdir(join(directory, 'scratch'))
    return new Storage(kind, stdout.trim().split('\n').at(-1) ?? '', directory)
  }

  get scratch(): string {
    return join(this.#directory, 'scratch')
  }

  placeOf(server: string): string {
    return join(this.#directory, server.replaceAll(/\W+/g, '-'))
  }

  /** What a run left unwritten would slow down the next server's: peers leave their uploads to the kernel. */
  async settle(): Promise<void> {
    if (this.kind === 'disk')
      await runProgram('sync', ['--file-system', this.#directory], { timeoutMs: 120_000 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }
}

export async function emptyDirectory(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    await rm(join(directory, name), { recursive: true, force: true })
}
