import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const caBundle = '/etc/ssl/certs/ca-certificates.crt'
const npmVersion = 'npm@11.19.1'
const debianPackages = ['ca-certificates', 'g++', 'libatomic1', 'make', 'python3']

/**
 * Builds and runs containers without a Docker daemon: podman, buildah and runc on a storage of their own that
 * vanishes with the object. The base image is Debian with the project's Node, so that no image registry is needed.
 * Must run as root.
 */
export class ContainerEngine implements AsyncDisposable {
  readonly scratch: string
  readonly #env: NodeJS.ProcessEnv

  private constructor(scratch: string) {
    this.scratch = scratch
    this.#env = {
      ...process.env,
      CONTAINERS_STORAGE_CONF: join(scratch, 'storage.conf'),
      CONTAINERS_CONF: join(scratch, 'containers.conf'),
    }
  }

  static async start(): Promise<ContainerEngine> {
    const scratch = await mkdtemp(join(tmpdir(), 'container-'))
    await writeFile(
      join(scratch, 'storage.conf'),
      `[storage]\ndriver = "overlay"\nrunroot = "${scratch}/run"\ngraphroot = "${scratch}/graph"\n`,
    )
    // The default limits exceed what a sandboxed machine allows; runc copes with mixed cgroup versions.
    await writeFile(
      join(scratch, 'containers.conf'),
      '[containers]\ndefault_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]\n' +
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n',
    )
    return new ContainerEngine(scratch)
  }

  async command(program: 'podman' | 'buildah', ...args: string[]): Promise<string> {
    const { stdout } = await run(program, args, { env: this.#env, maxBuffer: 64 * 1024 * 1024 })
    return stdout.trim()
  }

  async podman(...args: string[]): Promise<string> {
    return await this.command('podman', ...args)
  }

  /** Makes the image that stands in for the official one of Node. */
  async importBase(name: string): Promise<void> {
    await this.podman(
      ...['import', '--quiet'],
      ...['--change', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...['--change', `ENV NODE_EXTRA_CA_CERTS=${caBundle}`],
      ...[await cachedBase(this.scratch), name],
    )
  }

  async build(context: string, dockerfile: string, base: string, name: string): Promise<void> {
    const npmrc = join(this.scratch, 'npmrc')
    const registry = (await run('npm', ['config', 'get', 'registry'])).stdout.trim()
    await writeFile(npmrc, `registry=${registry}\ncafile=${caBundle}\n`)
    const cache = join((await run('npm', ['config', 'get', 'cache'])).stdout.trim(), '_cacache')
    await mkdir(cache, { recursive: true })
    await this.command(
      'buildah',
      ...['bud', '--quiet', '--isolation', 'chroot', '--network', 'host', '--format', 'docker'],
      ...['--build-arg', `NODE_IMAGE=${base}`, '--volume', `${npmrc}:/root/.npmrc:ro`],
      ...['--volume', `${cache}:/root/.npm/_cacache`, '--tag', name, '--file', dockerfile, context],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.podman('rm', '--all', '--force', '--time', '0')
    await run('umount', [join(this.scratch, 'graph/overlay')]).catch(() => undefined)
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Debian takes most of a minute to install, so it is kept between runs, until the recipe or Node changes. */
async function cachedBase(scratch: string): Promise<string> {
  const recipe = createHash('sha256')
    .update(await readFile(import.meta.filename))
    .update(process.version)
  const tar = join(root, 'node_modules/.cache/container', `base-${recipe.digest('hex').slice(0, 16)}.tar`)
  if (existsSync(tar)) return tar
  const rootfs = join(scratch, 'rootfs')
  await run('debootstrap', ['--variant=minbase', `--include=${debianPackages.join()}`, 'bookworm', rootfs])
  await installNode(join(rootfs, 'usr/local'))
  await copyFile(caBundle, join(rootfs, caBundle))
  await rm(dirname(tar), { recursive: true, force: true })
  await mkdir(dirname(tar), { recursive: true })
  const exclude = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc'].map(
    (path) => `--exclude=./${path}/*`,
  )
  await run('tar', ['--create', '--file', `${tar}.part`, '--directory', rootfs, ...exclude, '.'])
  await rename(`${tar}.part`, tar)
  await rm(rootfs, { recursive: true, force: true })
  return tar
}

/** The same places as in the official image: binary, headers for the addon, npm. */
async function installNode(prefix: string): Promise<void> {
  const node = dirname(dirname(process.execPath))
  await cp(join(node, 'bin/node'), join(prefix, 'bin/node'))
  await cp(join(node, 'include/node'), join(prefix, 'include/node'), { recursive: true })
  await run('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', npmVersion])
}
