import { useEffect, useRef, useState } from 'react'
import type { StorageResource } from '../../../contract/storage.ts'
import { failureText } from '../../shared/failure-text.ts'
import { ApiFailure } from '../../shared/api.ts'
import { t } from '../../shared/i18n.ts'
import { bulkNames, bulkUser, type BulkDraft } from './bulk-plan.ts'
import { makePassword } from './password-maker.ts'
import { runParallel } from './run-parallel.ts'
import { addUser } from './user-api.ts'

/** Requests at a time: each costs the server the hash of a password. */
const width = 2

export interface BulkResult {
  readonly name: string
  /** '' when the user was not made. */
  readonly password: string
  readonly error: string | undefined
}

export interface BulkRun {
  /** 0 until it is started. */
  readonly total: number
  readonly results: readonly BulkResult[]
  readonly isRunning: boolean
  readonly start: (draft: BulkDraft) => Promise<void>
  readonly stop: () => void
  /** Back to the form. */
  readonly clear: () => void
}

/** Makes users one after the other; a failure is noted, and the next one is made. */
export function useBulkRun(storages: readonly StorageResource[]): BulkRun {
  const [total, setTotal] = useState(0)
  const [results, setResults] = useState<readonly BulkResult[]>([])
  const [isRunning, setRunning] = useState(false)
  const abort = useRef<AbortController | undefined>(undefined)
  useEffect(() => () => abort.current?.abort(), [])
  const start = async (draft: BulkDraft) => {
    const names = bulkNames(draft)
    const { signal } = (abort.current = new AbortController())
    setTotal(names.length)
    setResults([])
    setRunning(true)
    const make = async (name: string) => {
      const result = await makeUser(draft, storages, name)
      setResults((before) => [...before, result])
    }
    await runParallel(names, width, make, signal)
    setRunning(false)
  }
  const clear = () => {
    setTotal(0)
    setResults([])
  }
  return { total, results, isRunning, start, stop: () => abort.current?.abort(), clear }
}

async function makeUser(
  draft: BulkDraft,
  storages: readonly StorageResource[],
  name: string,
): Promise<BulkResult> {
  const password = makePassword()
  try {
    await addUser(bulkUser(draft, storages, { name, password }))
    return { name, password, error: undefined }
  } catch (error) {
    const isTaken = error instanceof ApiFailure && error.code === 'already-exists'
    return { name, password: '', error: isTaken ? t('bulk.taken') : failureText(error) }
  }
}
