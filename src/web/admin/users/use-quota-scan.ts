import { useEffect, useRef, useState } from 'react'
import type { FolderQuotaScan, QuotaScan } from '../../../contract/quota-scan.ts'
import { callApi } from '../../shared/api.ts'
import { t } from '../../shared/i18n.ts'
import { tellDone, tellFailure } from '../../shared/notices.tsx'

const askEveryMs = 700

export interface QuotaScanState {
  /** Names that are being counted. */
  readonly running: ReadonlySet<string>
  readonly start: (name: string) => Promise<void>
}

/** Counts anew what users or folders hold, and tells when that is done. */
export function useQuotaScan(kind: 'users' | 'folders', onDone: () => void): QuotaScanState {
  const [running, setRunning] = useState<ReadonlySet<string>>(new Set())
  const done = useRef(onDone)
  done.current = onDone
  const abort = useRef<AbortController | undefined>(undefined)
  useEffect(() => {
    const current = (abort.current = new AbortController())
    return () => current.abort()
  }, [])
  const start = async (name: string) => {
    const signal = abort.current?.signal
    setRunning((before) => new Set(before).add(name))
    try {
      await callApi('POST', `quotas/${kind}/${encodeURIComponent(name)}/scan`)
      while (signal?.aborted === false && (await isRunning(kind, name))) await pause(askEveryMs)
      if (signal?.aborted === true) return
      tellDone(t('users.scan.done', { name }))
      done.current()
    } catch (error) {
      tellFailure(error, name)
    } finally {
      setRunning((before) => new Set([...before].filter((other) => other !== name)))
    }
  }
  return { running, start }
}

async function isRunning(kind: 'users' | 'folders', name: string): Promise<boolean> {
  const scans = await callApi<(QuotaScan | FolderQuotaScan)[]>('GET', `quotas/${kind}/scans`)
  return scans.some((scan) => ('username' in scan ? scan.username : scan.name) === name)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
