import type { Measurement } from '../harness/row.ts'
import { loadDelay } from './load-delay.ts'
import { loadMemory } from './load-memory.ts'
import { startTime } from './load-start.ts'

export const loadMeasurements: readonly Measurement[] = [loadMemory, loadDelay, startTime]
