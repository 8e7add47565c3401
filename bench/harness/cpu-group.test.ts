import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { CpuGroup, placesIn } from './cpu-group.ts'

const places = placesIn(readFileSync('/proc/self/mounts', 'latin1')).map(({ mountPoint }) => mountPoint)

suite('a control group that counts processor time', () => {
  test('is made where groups of either version are mounted', () => {
    const mounts = [
      'tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0',
      'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0',
      'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0',
      'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
      '',
    ]
    const found = placesIn(mounts.join('\n')).map(({ mountPoint }) => mountPoint)
    assert.deepEqual(found, ['/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup/unified'])
  })

  test('counts sessions that ended and nobody waited for, or there is none', async () => {
    // A parent that ignores SIGCHLD, as vsftpd does: the times of its children are lost with them.
    const session = `import time\nwhile time.process_time() < 0.2: pass`
    const server = [
      'import signal, subprocess, sys',
      'signal.signal(signal.SIGCHLD, signal.SIG_IGN)',
      'sys.stdin.readline()',
      `for _ in range(3): subprocess.Popen([sys.executable, '-c', ${JSON.stringify(session)}]).wait()`,
      'print("done", flush=True)',
      'sys.stdin.readline()',
    ].join('\n')
    const child = spawn('/usr/bin/python3', ['-c', server], { stdio: ['pipe', 'pipe', 'ignore'] })
    const ended = once(child, 'exit')
    try {
      using group = CpuGroup.of([child.pid ?? 0])
      if (places.length === 0) assert.equal(group, undefined)
      child.stdin.write('\n')
      await once(child.stdout, 'data')
      if (group) assert.ok(group.seconds >= 0.6 && group.seconds < 10, `${group.seconds} s`)
    } finally {
      child.kill()
      await ended
    }
  })

  test('leaves no group behind', () => {
    const group = CpuGroup.of([])
    assert.equal(left().length, group ? 1 : 0)
    group?.[Symbol.dispose]()
    assert.deepEqual(left(), [])
  })
})

/** Of this process: other tests make theirs at the same time. */
function left(): string[] {
  return places.flatMap((place) =>
    readdirSync(place).filter((name) => name.startsWith(`bench-${process.pid}-`)),
  )
}
