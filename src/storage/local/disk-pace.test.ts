import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CpuWait } from './cpu-wait.ts'
import { DiskPace } from './disk-pace.ts'
import { LoopTurn } from './loop-turn.ts'

describe('DiskPace', () => {
  it('makes calls in the pool until sixteen answers were fast, then directly', async () => {
    const disk = openDisk()
    for (let call = 0; call < 16; call++) assert.equal(await disk.call(0.02), 'pool')
    assert.equal(await disk.call(0.003), 'direct')
    assert.ok(disk.pace.isDirect)
  })

  it('stays in the pool while the disk is slow', async () => {
    const disk = openDisk()
    for (let call = 0; call < 200; call++) assert.equal(await disk.call(call % 5 === 0 ? 8 : 0.02), 'pool')
  })

  it('goes back to the pool with the first slow answer, and stays longer each time', async () => {
    const disk = openDisk()
    await disk.warmUp()
    for (const backOffMs of [200, 400, 800]) {
      assert.equal(await disk.call(8), 'direct')
      const slowAt = disk.now()
      assert.equal(await disk.call(0.02), 'pool')
      await disk.warmUp()
      const pooledMs = disk.now() - slowAt
      assert.ok(pooledMs >= backOffMs && pooledMs < backOffMs + 20, `${pooledMs} ms in the pool`)
    }
  })

  it('forgets old slowness after a long direct stretch', async () => {
    const disk = openDisk()
    await disk.warmUp()
    for (let round = 0; round < 6; round++) {
      await disk.call(8)
      await disk.warmUp()
    }
    disk.wait(120_000)
    for (let call = 0; call < 1_000; call++) await disk.call(0.003)
    await disk.call(8)
    const slowAt = disk.now()
    await disk.warmUp()
    assert.ok(disk.now() - slowAt < 120, `${disk.now() - slowAt} ms in the pool`)
  })

  it('never waits for a slow disk more than once a minute for long', async () => {
    const disk = openDisk()
    let direct = 0
    for (const end = disk.now() + 3_600_000; disk.now() < end;) {
      // Names that are in memory, and now and then one that is not: the worst for anybody who judges by the past.
      await disk.warmUp(1_000)
      if ((await disk.call(8)) === 'direct') direct++
    }
    assert.ok(direct < 75, `${direct} direct calls on a slow disk in an hour`)
  })

  it('blames no disk for what other programs took of the processor', async () => {
    const disk = openDisk()
    await disk.warmUp()
    assert.equal(await disk.call(8, { cpuWaitMs: 7.9 }), 'direct')
    assert.equal(await disk.call(0.01), 'direct')
    await disk.call(8, { cpuWaitMs: 1 })
    assert.equal(await disk.call(0.01), 'pool')
  })

  it('blames no disk for answers that lay there while the event loop was busy, or had no processor', async () => {
    const disk = openDisk()
    for (let call = 0; call < 8; call++) await disk.call(8, { busyMs: 7.9 })
    for (let call = 0; call < 8; call++) await disk.call(8, { cpuWaitMs: 7.9 })
    assert.equal(await disk.call(0.01), 'direct')
  })

  it('answers and throws the same in both ways', async () => {
    const disk = openDisk()
    const fail = () =>
      disk.pace.run(
        () => {
          throw new Error('direct')
        },
        () => Promise.reject(new Error('pool')),
      )
    await assert.rejects(fail, /pool/)
    await disk.warmUp()
    await assert.rejects(fail, /direct/)
  })

  it('leaves the event loop its turn: 128 direct calls, and the next ones after it', async () => {
    const disk = openDisk()
    await disk.warmUp()
    await new Promise(setImmediate)
    let turns = 0
    const count = () => {
      turns++
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    for (let call = 0; call < 128 * 20; call++) assert.equal(await disk.call(0.001), 'direct')
    clearImmediate(timer)
    assert.ok(turns >= 19, `${turns} turns`)
  })

  it('does many calls in one go until one is slow or the turn is used up', async () => {
    const disk = openDisk()
    assert.equal(
      disk.pace.runMany(10, () => {}),
      0,
    )
    await disk.warmUp()
    await new Promise(setImmediate)
    const seen: number[] = []
    assert.equal(
      disk.pace.runMany(10, (index) => seen.push(index)),
      10,
    )
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    await new Promise(setImmediate)
    assert.equal(
      disk.pace.runMany(10, (index) => disk.wait(index === 3 ? 8 : 0.001)),
      4,
    )
    await disk.warmUp()
    await new Promise(setImmediate)
    assert.equal(
      disk.pace.runMany(10_000, () => disk.wait(0.001)),
      128,
    )
    await new Promise(setImmediate)
    assert.equal(
      disk.pace.runMany(10_000, () => disk.wait(0.3)),
      2,
    )
  })

  it('makes calls that the pool knows nothing of only while others are direct, and waits longer for them', async () => {
    const disk = openDisk()
    const send = (ms: number) => disk.pace.runIfDirect(() => disk.wait(ms) ?? 'direct', 4)
    assert.equal(await send(0.1), undefined)
    await disk.warmUp()
    for (let call = 0; call < 300; call++) assert.equal(await send(0.1), 'direct')
    assert.equal(await send(3), 'direct')
    assert.equal(await send(5), 'direct')
    assert.equal(await send(0.1), undefined)
    assert.equal(await disk.call(0.02), 'pool')
  })
})

/** A disk on a clock of its own, where each call takes as long as it is told. */
function openDisk() {
  let now = 0
  let idle = 0
  let cpuWait = 0
  const pace = new DiskPace({
    turn: new LoopTurn(),
    cpuWait: new CpuWait(() => cpuWait),
    now: () => now,
    idle: () => idle,
  })
  const call = (ms: number, { cpuWaitMs = 0, busyMs = 0 } = {}): Promise<'direct' | 'pool'> => {
    const pass = () => {
      now += ms
      idle += ms - busyMs
      cpuWait += cpuWaitMs
    }
    return pace.run(
      () => {
        pass()
        return 'direct' as const
      },
      () => {
        pass()
        return Promise.resolve('pool' as const)
      },
    )
  }
  return {
    pace,
    call,
    now: () => now,
    wait: (ms: number) => void (now += ms),
    /** Fast calls until they are direct, with pauses between them in milliseconds. */
    async warmUp(pauseMs = 0) {
      while (!pace.isDirect) {
        await call(1)
        now += pauseMs
      }
    },
  }
}
