// Builds the WebAdmin and the WebClient into build/web. With --if-stale only when their sources changed since.
import { glob, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const built = join(root, 'build/web/admin.html')

async function isStale() {
  const made = await stat(built).catch(() => undefined)
  if (!made) return true
  const patterns = ['src/web/**', 'src/contract/**', 'package-lock.json']
  for await (const path of glob(patterns, { cwd: root }))
    if ((await stat(join(root, path))).mtimeMs > made.mtimeMs) return true
  return false
}

if (!process.argv.includes('--if-stale') || (await isStale())) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'src/web/vite.config.ts'), logLevel: 'warn' })
}
