import { cpus, release, totalmem } from 'node:os'
import { runProgram } from '../../test/support/run-program.ts'

/** What numbers are true for. */
export interface Machine {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly kernel: string
  readonly node: string
  /** As its own `-V` tells. */
  readonly openssh: string
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus()
  const { stderr } = await runProgram('ssh', ['-V'])
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model.trim() ?? '',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    openssh: stderr.trim().split(',')[0] ?? '',
  }
}
