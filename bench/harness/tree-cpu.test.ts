import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { parseTimes, type ProcessTimes } from './process-tree.ts'
import { TreeCpu } from './tree-cpu.ts'
import { TreeWatch } from './tree-watch.ts'

const server = 10

function at(pid: number, parent: number, ownTicks: number, reapedTicks = 0): ProcessTimes {
  return { pid, parent, startedAt: pid, ownTicks, reapedTicks }
}

function secondsOf(...snapshots: readonly (readonly ProcessTimes[])[]): number {
  const cpu = new TreeCpu(server)
  for (const snapshot of snapshots) cpu.add(snapshot)
  return cpu.seconds
}

suite('CPU time of a process tree', () => {
  test('what was used before the first snapshot does not count', () => {
    assert.equal(secondsOf([at(server, 1, 500, 300)], [at(server, 1, 600, 300)]), 1)
  })

  test('a session that is still there counts with what it used', () => {
    const after = [at(server, 1, 100), at(11, server, 200), at(12, 11, 300)]
    assert.equal(secondsOf([at(server, 1, 100)], after), 5)
  })

  test('a session that was seen and then waited for counts once', () => {
    const during = [at(server, 1, 100), at(11, server, 200)]
    assert.equal(secondsOf([at(server, 1, 100)], during, [at(server, 1, 100, 250)]), 2.5)
  })

  test('a session that nobody saw counts by the times of who waited for it', () => {
    assert.equal(secondsOf([at(server, 1, 100, 50)], [at(server, 1, 100, 150)]), 1)
  })

  test('a session that nobody waits for counts by what was seen of it', () => {
    const during = [at(server, 1, 100), at(11, server, 200, 100)]
    assert.equal(secondsOf([at(server, 1, 100)], during, [at(server, 1, 110)]), 3.1)
  })

  test('a session that was there before and ends counts from the first snapshot on', () => {
    const before = [at(server, 1, 100), at(11, server, 400)]
    assert.equal(secondsOf(before, [at(server, 1, 100, 500)]), 1)
  })

  test('grandchildren that a session waited for are in its times, not added to them', () => {
    const during = [at(server, 1, 0), at(11, server, 10), at(12, 11, 90)]
    const later = [at(server, 1, 0), at(11, server, 10, 100)]
    assert.equal(secondsOf([at(server, 1, 0)], during, later), 1.1)
  })

  test('a later process with the same number is another one', () => {
    const during = [at(server, 1, 0), at(11, server, 100)]
    const later = [at(server, 1, 0, 100), { ...at(11, server, 50), startedAt: 99 }]
    assert.equal(secondsOf([at(server, 1, 0)], during, later), 1.5)
  })

  test('of /proc/PID/stat the right fields are read, whatever the program is called', () => {
    const stat = '7 (a) b (c) S 3 7 7 0 -1 4194560 1 2 0 0 11 22 33 44 20 0 1 0 123456 1 2 3'
    assert.deepEqual(parseTimes(7, stat), {
      pid: 7,
      parent: 3,
      startedAt: 123456,
      ownTicks: 33,
      reapedTicks: 77,
    })
  })

  test('processes that a real program starts and waits for are all in its times', async () => {
    const burn = `'${process.execPath}' -e 'do u = process.cpuUsage(); while (u.user + u.system < 3e5)'`
    const child = spawn('sh', ['-c', `read go; ${burn}; ${burn} & wait; echo done; read end`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(child, 'spawn')
    using watch = new TreeWatch(child.pid ?? 0)
    child.stdin.write('go\n')
    await once(child.stdout, 'data')
    const { cpuSeconds, peakPss } = await watch.finish()
    child.stdin.end('end\n')
    assert(cpuSeconds >= 0.6 && cpuSeconds < 2, `${cpuSeconds} s`)
    assert(peakPss > 10e6, `${peakPss} bytes`)
  })
})
