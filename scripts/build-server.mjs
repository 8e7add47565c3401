// Bundles the server into build/: a few files instead of two thousand, so that it starts in half the time and the
// image needs no node_modules. What cannot be bundled lies in build/node_modules, so that build/ is all that runs.
import { cp, glob, readFile, rm } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const target = join(root, 'build')

/** What is started: the product, and each of its workers. */
const entries = ['main', 'worker-main']

/** ssh2 loads its native addon by a path of its own. */
const beside = ['ssh2']
/** So does koffi. Of its folder, most of which is sources, this runs; its addon is a package of its own for each machine. */
const koffi = [
  'index.cjs',
  'src/koffi/index.cjs',
  'src/koffi/src/static.cjs',
  'package.json',
  'LICENSE.txt',
].map((path) => `koffi/${path}`)
/** Asked for inside a try; never installed. */
const absent = ['pg-native']

/** A package that the bundle would look for where none is installed ends the build, not the first start. */
function refuseForeignImports(chunks) {
  const isKnown = (name) => isBuiltin(name) || beside.includes(name) || absent.includes(name)
  for (const { fileName, imports, dynamicImports, code } of chunks) {
    const own = new Set(chunks.map((chunk) => chunk.fileName))
    const required = [...code.matchAll(/__require\d*\("([^"]+)"\)/g)].map(([, name]) => name)
    const foreign = [...imports, ...dynamicImports, ...required].filter(
      (name) => !own.has(name) && !isKnown(name),
    )
    if (foreign.length > 0) throw new Error(`${fileName} imports ${foreign.join()}`)
  }
}

/** Copies a package and what it depends on; the rest of its folder is sources and tests. */
async function copyPackage(name, from) {
  const manifestPath = createRequire(from).resolve(`${name}/package.json`)
  const source = dirname(manifestPath)
  const left = new Set(['test', 'examples', 'util', 'node_modules', 'obj.target', 'src', 'Makefile'])
  const isRun = (path) =>
    !/^\.|\.(md|gypi?|mk|Makefile|ts|map)$/.test(basename(path)) && !left.has(basename(path))
  await cp(source, join(target, 'node_modules', name), {
    recursive: true,
    filter: (path) => path === source || isRun(path),
  })
  const { dependencies = {} } = JSON.parse(await readFile(manifestPath, 'utf8'))
  for (const dependency of Object.keys(dependencies)) await copyPackage(dependency, manifestPath)
}

for await (const path of glob(['*.js', 'licenses.md', 'node_modules'], { cwd: target }))
  await rm(join(target, path), { recursive: true })
const { output } = await build({
  configFile: false,
  root,
  logLevel: 'warn',
  ssr: { noExternal: true, external: [...beside, ...absent] },
  build: {
    ssr: true,
    outDir: target,
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'node24',
    // Names and lines stay, so that a stack trace in a log can be read.
    minify: false,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      input: entries.map((name) => join(root, `src/${name}.ts`)),
      // All in one folder: the sources look for their neighbours by import.meta.dirname.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      checks: { bundlerTimings: false },
    },
  },
})
refuseForeignImports(output.filter(({ type }) => type === 'chunk'))
for (const name of beside) await copyPackage(name, join(root, 'package.json'))
for (const path of [...koffi, '@koromix'])
  await cp(join(root, 'node_modules', path), join(target, 'node_modules', path), { recursive: true })
