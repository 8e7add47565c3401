import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { readConfig } from '../../src/config/config.ts'
import { type Setting, settings } from '../../src/config/settings.ts'
import { nodeOptions } from '../support/product.ts'
import { type Manifest, platformEnvironment, readText, renderManifest, root } from './rendered-manifest.ts'

const manifest = renderManifest()
const source = JSON.parse(readText('plugin.json')) as Manifest
const table: readonly Setting[] = settings
const ownSettings = table.filter(({ fromPlatform }) => fromPlatform !== true)
const [tokenId = ''] = Object.keys(manifest.tokens)
const config = readConfig({
  ...platformEnvironment,
  ...manifest.task.env,
  [`THINGER_TOKEN_${tokenId.toUpperCase()}`]: 'token-of-the-plugin',
})
const publicPorts = [config.sftp.port, ...config.ftp.ports, ...config.ftp.passivePorts]

suite('plugin.json', () => {
  test('every placeholder is one that the platform fills in', () => {
    assert.doesNotMatch(JSON.stringify(manifest), /\{\{|\$\{/)
  })

  test('identifiers have the form that the platform accepts', () => {
    assert.match(manifest.name, /^[a-zA-Z0-9_]{1,32}$/)
    for (const { storage } of manifest.resources.storages) assert.match(storage, /^[a-zA-Z0-9_]{1,25}$/)
    for (const { proxy } of manifest.resources.proxies) assert.match(proxy, /^[a-zA-Z0-9-_]{1,32}$/)
    assert.match(tokenId, /^[a-zA-Z0-9_]{1,50}$/)
    assert.match(
      manifest.metadata.category,
      /^(devices|connectivity|development|monitoring|infrastructure|templates)$/,
    )
  })

  test('it upgrades the installed plugin in place: same id, storage and volumes', () => {
    assert.equal(manifest.name, 'sftpgo')
    assert(Number(manifest.version.split('.')[0]) >= 3, 'must be above the 2.5.4-1 that is installed')
    assert.deepEqual(
      manifest.resources.storages.map(({ storage }) => storage),
      ['sftpgo_data'],
    )
    assert.equal(manifest.resources.storages[0]?.public, false)
    assert.deepEqual(
      Object.fromEntries(manifest.task.volumes.map(({ source, target }) => [target, source])),
      {
        '/srv/sftpgo/': '../../../storages',
        '/var/lib/sftpgo': 'data',
        '/certificates': '../../../../../../thinger/certificates/',
      },
    )
    assert.equal(
      manifest.task.user,
      undefined,
      'the platform then runs it as 1000:1000, the owner of storages',
    )
  })

  test('the volumes are the directories that the product uses', () => {
    const targets = manifest.task.volumes.map(({ target }) => target.replace(/\/$/, ''))
    assert.deepEqual(targets, [config.storagesDir, config.dataDir, config.certificatesDir])
    for (const directory of [config.usersBaseDir, config.backupsDir])
      assert(
        directory.startsWith(`${config.storagesDir}/${manifest.resources.storages[0]?.storage}/`),
        directory,
      )
    assert.equal(
      config.database.kind === 'sqlite' && config.database.file,
      '/var/lib/sftpgo/sftpgo-plugin.db',
    )
  })

  test('each public port has one proxy, and ports of before keep the proxies that an upgrade leaves behind', () => {
    const ports = manifest.resources.proxies.map(({ proxy, config }) => [proxy, config.source.port])
    assert.deepEqual(Object.fromEntries(ports), {
      sfptgo_sftp_plugin: 2022,
      sftpgo_ftp_plugin: 2021,
      sfptgo_ftp_control_plugin: 2121,
      sfptgo_ftp_data_plugin: 2122,
    })
    assert.deepEqual(ports.map(([, port]) => port).sort(), publicPorts.toSorted())
    for (const { proxy, enabled, config } of manifest.resources.proxies) {
      assert.deepEqual(
        { enabled, protocol: config.protocol, secure: config.source.secure, ...config.target },
        {
          enabled: true,
          protocol: 'tcp',
          secure: undefined,
          type: 'plugin',
          plugin: { name: 'sftpgo', user: 'alice' },
          port: config.source.port,
        },
        proxy,
      )
    }
  })

  test('the toolbar entry opens the HTTP server under the path that it serves', () => {
    assert.deepEqual(manifest.interface.main.proxy_to, {
      plugin: manifest.name,
      port: config.http.port,
      rewrite_base_path: false,
    })
    assert.equal(manifest.task.port, config.http.port)
    assert.equal(config.http.basePath, '/users/alice/plugins/sftpgo/')
  })

  test('the token arrives in the variable that the code reads and allows no more than it needs', () => {
    assert(table.some(({ name }) => name === `THINGER_TOKEN_${tokenId.toUpperCase()}`))
    assert.equal(config.platform?.token, 'token-of-the-plugin')
    const actions = Object.values(manifest.tokens[tokenId]?.allow ?? {}).flatMap((resources) =>
      Object.values(resources).flat(),
    )
    assert(actions.includes('ListStorages') && actions.includes('CreateStorage'))
    for (const action of actions) assert.match(action, /^(List|Read|Create)[A-Za-z]+$/)
  })

  test('env lists every setting with its default, and the product takes them as they are', () => {
    const expected = Object.fromEntries(ownSettings.map(({ name, container }) => [name, container]))
    assert.deepEqual(source.task.env, expected)
    for (const value of Object.values(source.task.env)) assert.equal(typeof value, 'string')
    assert.deepEqual(config.warnings, [])
    assert.equal(config.admin, undefined, 'there is no default password')
  })

  test('the image takes its tag from the version', () => {
    assert.equal(manifest.task.type, 'docker')
    assert.match(manifest.task.image, /^[a-z0-9]+\/[a-z0-9-]+$/)
  })

  test('its pictures exist and are PNG files', async () => {
    for (const path of [manifest.metadata.image, manifest.metadata.icon]) {
      assert.match(path, /^assets\//)
      assert.equal((await readFile(join(root, path))).subarray(1, 4).toString(), 'PNG', path)
    }
  })

  test('README tells the public ports', () => {
    const readme = readText('README.md')
    for (const port of publicPorts) assert.match(readme, new RegExp(`\\b${port}\\b`))
  })
})

suite('docker/Dockerfile', () => {
  const dockerfile = readText('docker/Dockerfile')

  test('starts Node as npm start does', () => {
    const command = JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? '') as string[]
    assert.deepEqual(command, ['node', ...nodeOptions, 'build/main.js'])
  })

  test('sets the container default of each setting where a clone has another', () => {
    const block = /^ENV ((?:.*\\\n)*.*)$/m.exec(dockerfile)?.[1] ?? ''
    const assigned = block.split(/\s*\\\n\s*/).map((pair): [string, string] => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return [name, value]
    })
    const differing = ownSettings.filter(
      ({ clone, container }) => clone !== container && !container.includes('{{'),
    )
    assert.deepEqual(
      Object.fromEntries(assigned.filter(([name]) => name !== 'NODE_ENV')),
      Object.fromEntries(differing.map(({ name, container }) => [name, container])),
    )
  })

  test('exposes the ports of the product', () => {
    const exposed = /^EXPOSE (.+)$/m.exec(dockerfile)?.[1]?.split(' ').map(Number) ?? []
    assert.deepEqual(exposed.sort(), [...publicPorts, config.http.port, config.metrics.port].sort())
  })

  test('everything it copies is in the marketplace folder, which holds no tests', async () => {
    const target = await mkdtemp(join(tmpdir(), 'package-'))
    try {
      await promisify(execFile)('node', ['scripts/package.mjs', target], { cwd: root })
      const folder = join(target, manifest.name)
      for (const path of [
        'plugin.json',
        'README.md',
        'CHANGELOG.md',
        'task/Dockerfile',
        manifest.metadata.image,
      ])
        assert(existsSync(join(folder, path)), path)
      const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
        match[1]?.split(' '),
      )
      assert(copied.length > 5)
      const ignored = readText('.dockerignore')
      for (const path of copied) {
        assert(existsSync(join(folder, 'task', path ?? '')), path)
        assert(ignored.includes(`!${path?.split('/')[0]}\n`), `${path} is in .dockerignore`)
      }
      assert.deepEqual(globSync('**/*.test.ts', { cwd: folder }), [])
      assert.deepEqual(globSync('**/{node_modules,data,build}', { cwd: folder }), [])
    } finally {
      await rm(target, { recursive: true })
    }
  })
})
