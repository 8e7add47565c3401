// Lays out the folder that the plugin marketplace takes: the manifest, what its page shows, and task/ with the
// Dockerfile and all it copies. Usage: node scripts/package.mjs [directory], by default ./package
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const { name: id } = JSON.parse(await readFile(join(root, 'plugin.json'), 'utf8'))
const target = resolve(process.argv[2] ?? join(root, 'package'), id)

const page = ['plugin.json', 'README.md', 'CHANGELOG.md', 'assets']
const context = [
  '.dockerignore',
  'LICENSE',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'docker/healthcheck.mjs',
  'scripts',
  'src',
]

await rm(target, { recursive: true, force: true })
await mkdir(join(target, 'task'), { recursive: true })
const isShipped = (source) => !source.endsWith('.test.ts')
for (const path of page) await cp(join(root, path), join(target, path), { recursive: true })
for (const path of context) {
  await cp(join(root, path), join(target, 'task', path), { recursive: true, filter: isShipped })
}
await cp(join(root, 'docker/Dockerfile'), join(target, 'task/Dockerfile'))
console.log(target)
