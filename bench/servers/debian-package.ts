import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'

const cache = join(import.meta.dirname, '../../node_modules/.cache/bench/debian')

/** Debian packages that lie in a directory of their own; nothing of them is installed in the system. */
export interface UnpackedPackages {
  /** Stands for the `/` that the packages' files are made for. */
  readonly root: string
  /** For processes that are started from it, so that they find the libraries that came along. */
  readonly env: NodeJS.ProcessEnv
}

/**
 * Fetches packages with apt-get and unpacks them side by side, once. The FTP servers of Debian exclude each other, and
 * installing one would start it; unpacked they do neither. `packages` names the libraries that are needed as well.
 * @throws when apt-get does not know a package or cannot reach its archive
 */
export async function unpackDebianPackages(packages: readonly string[]): Promise<UnpackedPackages> {
  const root = join(cache, packages.join('+'))
  if (!existsSync(root)) {
    await mkdir(cache, { recursive: true })
    const place = await mkdtemp(join(cache, 'unpacking-'))
    try {
      await download(packages, place)
      for (const archive of globSync('*.deb', { cwd: place })) {
        await mustRun('dpkg-deb', ['--extract', archive, 'root'], place)
      }
      await rename(join(place, 'root'), root)
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  }
  const libraries = globSync(['usr/lib/*-linux-gnu*', 'lib/*-linux-gnu*'], { cwd: root })
  return { root, env: { LD_LIBRARY_PATH: libraries.map((path) => join(root, path)).join(':') } }
}

async function download(packages: readonly string[], place: string): Promise<void> {
  const fetchAll = () =>
    runProgram('apt-get', ['--quiet', 'download', ...packages], { cwd: place, timeoutMs: 300_000 })
  const first = await fetchAll()
  if (first.isOk) return
  // The lists of an image are often older than what the archive still has.
  if (process.getuid?.() === 0) await runProgram('apt-get', ['--quiet', 'update'], { timeoutMs: 300_000 })
  const { isOk, stderr } = await fetchAll()
  if (!isOk) throw new Error(`${packages.join(', ')} cannot be fetched by apt-get: ${stderr.trim()}`)
}

async function mustRun(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { isOk, stderr } = await runProgram(program, args, { cwd })
  if (!isOk) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
}
