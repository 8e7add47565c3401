import { useEffect, useRef, useState } from 'react'
import type { LiveState } from '../../../../contract/live.ts'
import { callApi, urlOf } from '../../../shared/api.ts'
import { LiveFeed, type LiveWay, type StreamEvents } from './live-feed.ts'
import { ratesBetween, type Rates } from './live-rates.ts'

export interface Live {
  readonly state: LiveState | undefined
  readonly way: LiveWay
  readonly rates: Rates
  /** Milliseconds that the server's clock is ahead of this one. */
  readonly ahead: number
}

const nothing: Live = { state: undefined, way: 'connecting', rates: new Map(), ahead: 0 }

/** What the server does now; nothing is asked for while nobody looks at the page. */
export function useLive(): Live {
  const [live, setLive] = useState(nothing)
  const feed = useRef<LiveFeed | undefined>(undefined)
  useEffect(() => {
    const start = () => {
      feed.current ??= new LiveFeed({
        openStream,
        poll: (signal) => callApi<LiveState>('GET', 'live', { signal }),
        onState: (state) => setLive((before) => withState(before, state)),
        onWay: (way) => setLive((before) => ({ ...before, way })),
      })
    }
    const stop = () => {
      feed.current?.[Symbol.dispose]()
      feed.current = undefined
    }
    const follow = () => (document.hidden ? stop() : start())
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      stop()
    }
  }, [])
  return live
}

function withState(before: Live, state: LiveState): Live {
  const rates = ratesBetween(before.state, state, before.rates)
  return { ...before, state, rates, ahead: state.now - Date.now() }
}

function openStream(on: StreamEvents): Disposable {
  const source = new EventSource(urlOf('api/v2/live/stream'))
  source.addEventListener('state', ({ data }: MessageEvent<string>) =>
    on.state(JSON.parse(data) as LiveState),
  )
  source.addEventListener('error', () => {
    source.close()
    on.failed()
  })
  return { [Symbol.dispose]: () => source.close() }
}
