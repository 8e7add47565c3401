import { useEffect, useState } from 'react'
import type { UserResource } from '../../../contract/user.ts'
import { readUser } from './user-api.ts'

const askEveryMs = 2500

export type Arrival = 'waiting' | 'signed-in' | 'arrived'

/** Follows a new user until its first file is there; a question that fails is asked again. */
export function useArrival(username: string): Arrival {
  const [arrival, setArrival] = useState<Arrival>('waiting')
  useEffect(() => {
    const abort = new AbortController()
    let first: UserResource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      const user = await readUser(username, abort.signal).catch(() => undefined)
      if (abort.signal.aborted) return
      first ??= user
      const now = user && first ? stateOf(user, first) : undefined
      if (now !== undefined) setArrival(now)
      if (now !== 'arrived') timer = setTimeout(() => void ask(), askEveryMs)
    }
    void ask()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [username])
  return arrival
}

function stateOf(now: UserResource, first: UserResource): Arrival {
  if (now.used_quota_files > first.used_quota_files || now.used_quota_size > first.used_quota_size)
    return 'arrived'
  return now.last_login > 0 ? 'signed-in' : 'waiting'
}
