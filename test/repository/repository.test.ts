import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { readText, root } from './rendered-manifest.ts'
import { settingsTable } from './settings-table.ts'

interface PackageFile {
  readonly version: string
  readonly license: string
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

interface LockFile {
  readonly version: string
  readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly integrity?: string }>>
}

const packageFile = JSON.parse(readText('package.json')) as PackageFile
const lockFile = JSON.parse(readText('package-lock.json')) as LockFile
const dependencies = {
  ...packageFile.dependencies,
  ...packageFile.devDependencies,
  ...packageFile.optionalDependencies,
}

suite('repository', () => {
  test('the version is the same in the manifest, the package and the newest entry of the changelog', () => {
    const manifest = JSON.parse(readText('plugin.json')) as { version: string; license: string }
    const newest = /^## \[(.+)\] - \d{4}-\d\d-\d\d$/m.exec(readText('CHANGELOG.md'))?.[1]
    assert.equal(manifest.version, packageFile.version)
    assert.equal(newest, packageFile.version)
    assert.equal(lockFile.version, packageFile.version)
    assert.equal(manifest.license, packageFile.license)
  })

  test('README shows the settings as the code has them', () => {
    const shown = /^\| Setting \|[^]*?(?=\n\n)/m.exec(readText('README.md'))?.[0]
    assert.equal(shown, settingsTable())
  })

  test('README, package.json and .ci/run agree on the two commands', () => {
    const readme = readText('README.md')
    assert.match(readme, /^npm ci && npm start$/m)
    assert.match(readme, /^npm ci && npm run test:all$/m)
    assert.match(readText('.ci/run'), /^npm ci && npm run test:all$/m)
    assert.equal(statSync(join(root, '.ci/run')).mode & 0o111, 0o111)
    for (const script of ['start', 'test:all', 'check', 'package'])
      assert(packageFile.scripts[script] !== undefined, script)
  })

  test('README links only to what the marketplace folder holds, and the documents it names exist', () => {
    const readme = readText('README.md')
    const links = readme.matchAll(/\]\((?!https?:|#)([^)]+)\)|src="(?!https?:)([^"]+)"/g)
    const paths = [...links].map((match) => match[1] ?? match[2] ?? '')
    assert(paths.length > 0)
    for (const path of paths) assert.match(path, /^(assets\/|CHANGELOG\.md$)/)
    const named = [...readme.matchAll(/`([A-Z]+\.md)`/g)].map((match) => match[1] ?? '')
    for (const path of [...paths, ...named]) assert(existsSync(join(root, path)), path)
  })

  test('every path that ARCHITECTURE.md names exists', () => {
    const folders = ['.ci', 'assets', 'bench', 'docker', 'docs', 'scripts', 'src', 'test']
    const parts = ['config', 'contract', 'core', 'database', 'platform', 'protocols', 'storage', 'tls', 'web']
    const spans = [...readText('ARCHITECTURE.md').matchAll(/`([^`\s]+)`/g)].map((match) => match[1] ?? '')
    const found = (path: string) => globSync(path.replace(/\/$/, ''), { cwd: root }).length > 0
    let checked = 0
    for (const path of spans) {
      const [first = ''] = path.split('/')
      if (!path.includes('/')) {
        if (/^[\w.-]+\.(ts|mjs|md|json)$/.test(path))
          assert(found(path) || found(`{src,test,scripts,docs}/**/${path}`), path)
        else continue
      } else if (folders.includes(first)) assert(found(path), path)
      else if (parts.includes(first)) assert(found(`src/${path}`), path)
      else continue
      checked++
    }
    assert(checked > 5, 'ARCHITECTURE.md names paths')
  })

  test('docs/dependencies.md gives a reason for each dependency and for nothing else', () => {
    const rows = [...readText('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)]
    const names = rows.map((row) => row[1] ?? '')
    assert.deepEqual(names.toSorted(), Object.keys(dependencies).toSorted())
    for (const row of rows) assert((row[2] ?? '').length > 20, row[0])
  })

  test('dependencies have exact versions and come from the package registry with a checksum', () => {
    for (const [name, version] of Object.entries(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name)
    for (const [path, { resolved, integrity }] of Object.entries(lockFile.packages)) {
      if (path === '') continue
      assert.match(integrity ?? '', /^sha512-/, path)
      assert.equal(resolved, undefined, `${path} names a place to download from`)
    }
  })

  test('the crypto addon of ssh2 is built for the Node that runs', () => {
    const load = createRequire(import.meta.url)
    const crypto = load('ssh2/lib/protocol/crypto.js') as { readonly bindingAvailable: boolean }
    assert(crypto.bindingAvailable, 'run scripts/postinstall.mjs and read what it says')
    assert.match(process.version, /^v24\./)
  })

  test('nothing is left for later in comments', () => {
    const left = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`)
    const skipped = new Set([
      'node_modules',
      '.git',
      'build',
      'package',
      'data',
      'test-artifacts',
      'package-lock.json',
    ])
    const files = globSync(['**/*', '.*', '.ci/*'], {
      cwd: root,
      exclude: (path) => skipped.has(path) || skipped.has(path.split('/').at(-1) ?? ''),
    })
    const texts = files.filter((path) =>
      /\.(ts|tsx|mjs|js|md|json|yaml|css|html)$|Dockerfile$|\.ci\/run$/.test(path),
    )
    assert(texts.length > 30)
    for (const path of texts) {
      const line = readFileSync(join(root, path), 'utf8')
        .split('\n')
        .findIndex((text) => left.test(text))
      assert.equal(line, -1, `${path}:${line + 1}`)
    }
  })
})
