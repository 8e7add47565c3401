import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const caBundle = '/etc/ssl/certs/ca-certificates.crt'
const npmVersion = 'npm@11.19.1'

/**
 * Builds and runs containers without a Docker daemon: podman, buildah and runc on a storage of their own that
 * vanishes with the object. The base image is this Debian with the project's Node, so that no image registry is needed.
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
      ...[await makeBase(this.scratch), name],
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
      ...lent.flatMap((path) => ['--volume', `${path}:${path}:ro`]),
      ...['--volume', `${cache}:/root/.npm/_cacache`, '--tag', name, '--file', dockerfile, context],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.podman('rm', '--all', '--force', '--time', '0')
    await run('umount', [join(this.scratch, 'graph/overlay')]).catch(() => undefined)
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * What a build needs of Debian is lent from this machine: the image is made of files that the build copies, so what the
 * stage itself runs on leaves no trace in it.
 */
const lent = ['/usr/bin', '/usr/include', '/usr/lib', '/usr/lib64', '/usr/share', '/etc/alternatives'].filter(
  (path) => existsSync(path),
)

/** The same places as in the official image: binary, headers for the addon, npm. Answers a tar file. */
async function makeBase(scratch: string): Promise<string> {
  const rootfs = join(scratch, 'rootfs')
  const prefix = join(rootfs, 'usr/local')
  for (const path of [...lent, '/etc/ssl/certs', '/tmp', '/root', '/proc', '/dev'])
    await mkdir(join(rootfs, path), { recursive: true })
  for (const name of ['bin', 'lib', 'lib64'].filter((name) => existsSync(`/${name}`)))
    await symlink(`usr/${name}`, join(rootfs, name))
  for (const path of [caBundle, '/etc/os-release', '/etc/passwd', '/etc/group'])
    await copyFile(path, join(rootfs, path))
  const node = dirname(dirname(process.execPath))
  await cp(join(node, 'bin/node'), join(prefix, 'bin/node'))
  await cp(join(node, 'include/node'), join(prefix, 'include/node'), { recursive: true })
  await run('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', npmVersion])
  const tar = join(scratch, 'base.tar')
  await run('tar', ['--create', '--file', tar, '--directory', rootfs, '.'])
  await rm(rootfs, { recursive: true, force: true })
  return tar
}
