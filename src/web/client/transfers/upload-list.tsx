import { useRef } from 'react'
import type { MessageKey } from '../../messages/message-key.ts'
import { Button } from '../../shared/components/button.tsx'
import { Progress } from '../../shared/components/progress.tsx'
import { formatBytes, formatDuration, formatRate } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { useVirtualRows } from '../../shared/use-virtual-rows.ts'
import { nameOf, parentOf } from '../listing/paths.ts'
import { shownName } from '../listing/shown-name.ts'
import type { UploadItem, UploadQueue, UploadState } from './upload-queue.ts'

/** Pixels; the styles know it as well. */
const rowHeight = 60

const stateTexts: Readonly<Record<UploadState, MessageKey>> = {
  waiting: 'transfers.state.waiting',
  active: 'transfers.state.active',
  paused: 'transfers.state.paused',
  done: 'transfers.state.done',
  failed: 'transfers.state.failed',
  cancelled: 'transfers.state.cancelled',
}

/** The files of the queue, of which those in sight are drawn. */
export function UploadList({ queue }: { readonly queue: UploadQueue }) {
  const scroller = useRef<HTMLDivElement>(null)
  const { items } = queue
  const { rows, totalHeight } = useVirtualRows(scroller, { count: items.length, rowHeight, overscan: 4 })
  return (
    <div
      ref={scroller}
      className="transfers-list"
      tabIndex={0}
      role="group"
      aria-label={t('transfers.uploads')}
    >
      <ul
        ref={(element: HTMLElement | null) => {
          if (element) element.style.height = `${totalHeight}px`
        }}
      >
        {rows.map(({ index, start }) => {
          const item = items[index]
          return item ? <UploadRow key={item.id} item={item} top={start} queue={queue} /> : null
        })}
      </ul>
    </div>
  )
}

interface UploadRowProps {
  readonly item: UploadItem
  readonly top: number
  readonly queue: UploadQueue
}

function UploadRow({ item, top, queue }: UploadRowProps) {
  const name = shownName(nameOf(item.path))
  const { state } = item
  return (
    <li
      className="transfers-row"
      ref={(element: HTMLElement | null) => {
        if (element) element.style.transform = `translateY(${top}px)`
      }}
    >
      <div className="transfers-what">
        <span className="transfers-name" title={shownName(item.path)}>
          <span className="name">{name}</span>{' '}
          <small className="soft name">{shownName(parentOf(item.path))}</small>
        </span>
        {state === 'active' || state === 'paused' ? (
          <Progress label={t('transfers.progress', { name })} value={item.sent} max={item.file.size} />
        ) : null}
        <span className={state === 'failed' ? 'transfers-state transfers-failed' : 'transfers-state'}>
          {stateText(item)}
        </span>
      </div>
      <UploadButtons item={item} queue={queue} name={name} />
    </li>
  )
}

function UploadButtons({ item, queue, name }: Omit<UploadRowProps, 'top'> & { readonly name: string }) {
  const { state } = item
  const canPause = state === 'active' || state === 'waiting'
  const canResume = state === 'paused' || state === 'failed'
  return (
    <div className="transfers-buttons">
      {canPause ? (
        <Button
          kind="quiet"
          icon="pause"
          label={t('transfers.pause', { name })}
          onClick={() => queue.pause(item)}
        />
      ) : null}
      {canResume ? (
        <Button
          kind="quiet"
          icon={state === 'paused' ? 'play' : 'refresh'}
          label={state === 'paused' ? t('transfers.resume', { name }) : t('transfers.retry', { name })}
          onClick={() => queue.resume(item)}
        />
      ) : null}
      {canPause || canResume ? (
        <Button
          kind="quiet"
          icon="close"
          label={t('transfers.cancel', { name })}
          onClick={() => queue.cancel(item)}
        />
      ) : null}
    </div>
  )
}

function stateText({ state, error, isStalled, sent, rate, file }: UploadItem): string {
  if (state === 'failed' && error !== undefined) return error
  if (state !== 'active') return `${t(stateTexts[state])} · ${formatBytes(file.size)}`
  if (isStalled) return t('transfers.state.stalled')
  const moved = `${formatBytes(sent)} / ${formatBytes(file.size)}`
  if (rate < 1) return moved
  const left = formatDuration(((file.size - sent) / rate) * 1000)
  return `${moved} · ${formatRate(rate)} · ${t('transfers.left', { time: left })}`
}
