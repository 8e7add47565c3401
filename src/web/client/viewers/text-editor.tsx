import { useEffect, useRef, useState } from 'react'
import type { FileStat } from '../../../contract/file.ts'
import { ApiFailure, callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { ConfirmDialog, Dialog } from '../../shared/components/dialog.tsx'
import { Banner, Failed, FormFailure, Loading } from '../../shared/components/states.tsx'
import { failureText } from '../../shared/failure-text.ts'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { tellDone } from '../../shared/notices.tsx'
import { useLeaveGuard } from '../../shared/router.ts'
import { useLoaded } from '../../shared/use-loaded.ts'
import { readFilePart } from './read-file.ts'
import { decodeText, isEditable, lineEndOf, withLineEnds } from './text-bytes.ts'
import { guardViewer } from './viewer-guard.ts'

/** Of the contract. */
export const maxTextBytes = 512 * 1024

export interface TextEditorProps {
  readonly path: string
  readonly onSaved: (saved: FileStat) => void
  readonly onClose: () => void
}

interface Original {
  readonly text: string
  readonly etag: string
}

/**
 * The mark first: what changes between the two is then noticed when the text is saved. Undefined for what saving would
 * spoil: it may be another file than the one that editing was offered for.
 */
async function loadText(path: string, signal: AbortSignal): Promise<Original | undefined> {
  const stat: FileStat = await callApi('POST', 'user/files/stat', { body: { path }, signal })
  if (stat.size > maxTextBytes) return undefined
  const decoded = decodeText(await readFilePart(path, { offset: 0, length: stat.size, signal }))
  return isEditable(decoded) ? { text: decoded.text, etag: stat.etag } : undefined
}

/** A text in a plain field. Saving never writes over what somebody else has saved meanwhile without asking. */
export function TextEditor(props: TextEditorProps) {
  const { value, error, isLoading, reload } = useLoaded(
    async (signal) => ({ original: await loadText(props.path, signal) }),
    [props.path],
  )
  if (error !== undefined) return <Failed error={error} onRetry={reload} />
  if (value === undefined || isLoading) return <Loading />
  const { original } = value
  if (original) return <LoadedEditor {...props} original={original} onReload={reload} />
  return (
    <div className="viewer-fill">
      <div className="viewer-tools">
        <Button onClick={props.onClose}>{t('viewer.edit.close')}</Button>
      </div>
      <Banner kind="warning">{t('viewer.edit.impossible')}</Banner>
    </div>
  )
}

interface LoadedEditorProps extends TextEditorProps {
  readonly original: Original
  readonly onReload: () => void
}

type Question = 'conflict' | 'leave' | 'close'

function LoadedEditor({ path, original, onSaved, onClose, onReload }: LoadedEditorProps) {
  const [saved, setSaved] = useState(original)
  const [text, setText] = useState(() => withLineEnds(original.text, '\n'))
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [question, setQuestion] = useState<Question>()
  const field = useRef<HTMLTextAreaElement>(null)
  // The button that opened it is gone.
  useEffect(() => field.current?.focus(), [])
  const lineEnd = lineEndOf(original.text)
  const content = withLineEnds(text, lineEnd)
  const isDirty = content !== withLineEnds(saved.text, lineEnd)
  const size = new Blob([content]).size
  const isTooLarge = size > maxTextBytes
  useUnsaved(isDirty, () => setQuestion('leave'))

  const save = async (etag: string) => {
    if (isBusy || isTooLarge) return
    setBusy(true)
    setFailure(undefined)
    try {
      const stat: FileStat = await callApi('POST', 'user/files/text', { body: { path, text: content, etag } })
      setSaved({ text: content, etag: stat.etag })
      onSaved(stat)
      tellDone(t('viewer.edit.saved'))
    } catch (error) {
      if (error instanceof ApiFailure && error.code === 'busy') setQuestion('conflict')
      else setFailure(failureText(error))
    } finally {
      setBusy(false)
    }
  }
  const saveAnyway = async () => {
    setQuestion(undefined)
    try {
      const stat: FileStat = await callApi('POST', 'user/files/stat', { body: { path } })
      await save(stat.etag)
    } catch (error) {
      setFailure(failureText(error))
    }
  }
  const isSaveKey = (event: KeyboardEvent) =>
    (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's'
  return (
    <div
      className="viewer-fill"
      onKeyDown={(event) => {
        if (!isSaveKey(event)) return
        event.preventDefault()
        void save(saved.etag)
      }}
    >
      <div className="viewer-tools">
        <Button
          kind="primary"
          isBusy={isBusy}
          isDisabled={!isDirty || isTooLarge}
          onClick={() => void save(saved.etag)}
        >
          {t('action.save')}
        </Button>
        <Button onClick={() => (isDirty ? setQuestion('close') : onClose())}>{t('viewer.edit.close')}</Button>
        <span className="soft" role="status">
          {isTooLarge
            ? t('viewer.edit.tooLarge', { size: formatBytes(maxTextBytes) })
            : isDirty
              ? t('viewer.edit.unsaved')
              : ''}
        </span>
      </div>
      <FormFailure text={failure} />
      <textarea
        className="code viewer-editor"
        aria-label={t('viewer.edit.text')}
        spellcheck={false}
        value={text}
        ref={field}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {question === 'conflict' ? (
        <ConflictQuestion
          onKeep={() => setQuestion(undefined)}
          onReplace={() => void saveAnyway()}
          onReload={() => {
            setQuestion(undefined)
            onReload()
          }}
        />
      ) : null}
      {question === 'leave' || question === 'close' ? (
        <ConfirmDialog
          title={t('viewer.edit.leaveTitle')}
          text={t('viewer.edit.leaveText')}
          action={t('viewer.edit.leave')}
          isDangerous
          onConfirm={() => {
            setQuestion(undefined)
            onClose()
          }}
          onClose={() => setQuestion(undefined)}
        />
      ) : null}
    </div>
  )
}

/** Neither the viewer nor the page goes while something is unsaved, unless the user says so. */
function useUnsaved(isDirty: boolean, ask: () => void): void {
  const latest = useRef(ask)
  latest.current = ask
  const [mayLeave] = useState(() => () => {
    latest.current()
    return false
  })
  useEffect(() => {
    if (!isDirty) return
    guardViewer(mayLeave)
    return () => guardViewer(undefined)
  }, [isDirty])
  useLeaveGuard(isDirty, mayLeave)
}

interface ConflictQuestionProps {
  readonly onKeep: () => void
  readonly onReplace: () => void
  readonly onReload: () => void
}

/** Somebody else has saved the file meanwhile. */
function ConflictQuestion({ onKeep, onReplace, onReload }: ConflictQuestionProps) {
  return (
    <Dialog
      title={t('viewer.edit.conflictTitle')}
      onClose={onKeep}
      actions={
        <>
          <Button kind="primary" onClick={onKeep}>
            {t('viewer.edit.conflictKeep')}
          </Button>
          <Button onClick={onReload}>{t('viewer.edit.conflictReload')}</Button>
          <Button kind="danger" onClick={onReplace}>
            {t('viewer.edit.conflictReplace')}
          </Button>
        </>
      }
    >
      <p>{t('viewer.edit.conflictText')}</p>
    </Dialog>
  )
}
