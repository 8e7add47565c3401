// Builds ssh2's optional crypto addon with the Node that runs the product. npm itself may run on another
// Node, and an inherited npm_config_nodedir would then pair the addon with the wrong headers, so the
// environment is cleaned first. A failure is reported and not fatal: ssh2 falls back to slower JavaScript
// and the product warns about it when it starts.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { applyPatches } from './ssh2-patches.mjs'

const require = createRequire(import.meta.url)

function findProjectNode() {
  const linked = join('node_modules', '.bin', 'node')
  return existsSync(linked) ? linked : process.execPath
}

function run() {
  const addonSource = 'node_modules/ssh2/lib/protocol/crypto'
  if (!existsSync(addonSource)) return
  const node = findProjectNode()
  const execPath = spawnSync(node, ['-p', 'process.execPath'], { encoding: 'utf8' }).stdout.trim()
  const prefix = dirname(dirname(execPath))
  const nodeGyp =
    process.env.npm_config_node_gyp ??
    require.resolve('node-gyp/bin/node-gyp.js', { paths: [join(prefix, 'lib/node_modules/npm')] })
  const env = { ...process.env }
  for (const name of Object.keys(env))
    if (/^npm_config_(nodedir|target|disturl)$/i.test(name)) delete env[name]
  // Compiled for another OpenSSL than Node's, chacha20-poly1305 fails at its second packet.
  const openssl = spawnSync(execPath, ['-p', "process.versions.openssl.split('.')[0]"], { encoding: 'utf8' })
  const args = [nodeGyp, 'rebuild', '--loglevel=error', `--real_openssl_major=${openssl.stdout.trim()}`]
  if (existsSync(join(prefix, 'include/node'))) args.push(`--nodedir=${prefix}`)
  const build = spawnSync(execPath, args, { cwd: addonSource, env, encoding: 'utf8' })
  if (build.status !== 0)
    console.warn(`ssh2's crypto addon was not built; SFTP will be slower.\n${build.stdout}\n${build.stderr}`)
}

applyPatches()
run()
