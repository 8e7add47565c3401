import { useEffect, useState } from 'react'
import { Button } from '../../../shared/components/button.tsx'
import { SelectField, TextField } from '../../../shared/components/field.tsx'
import { t } from '../../../shared/i18n.ts'
import { ActionMenu } from './action-menu.tsx'
import { fromLocalTime, noFilter, printFilter, toLocalTime, type ActivityFilter } from './activity-filter.ts'

const protocols = ['SFTP', 'SCP', 'SSH', 'FTP', 'HTTP'] as const
const typingMs = 400

/** Fields as they are typed: half a date is no date yet, and stays as it stands. */
interface Typed {
  readonly username: string
  readonly path: string
  readonly from: string
  readonly to: string
}

export interface FilterFormProps {
  readonly filter: ActivityFilter
  readonly onChange: (filter: ActivityFilter) => void
}

/** What is chosen counts at once, what is typed after a moment. */
export function FilterForm({ filter, onChange }: FilterFormProps) {
  const [typed, setTyped] = useState(() => textsOf(filter))
  const meant = meaningOf(typed)
  const key = printFilter({ ...noFilter, ...meant })
  useEffect(() => setTyped((before) => (isSame(before, filter) ? before : textsOf(filter))), [filter])
  useEffect(() => {
    if (isSame(typed, filter)) return
    const timer = setTimeout(() => onChange({ ...filter, ...meant }), typingMs)
    return () => clearTimeout(timer)
    // A filter that was chosen meanwhile took what was typed along.
  }, [key, filter])
  const change = (part: Partial<ActivityFilter>) => onChange({ ...filter, ...meant, ...part })
  const field = (name: keyof Typed) => ({
    name,
    value: typed[name],
    onChange: (value: string) => setTyped({ ...typed, [name]: value }),
  })
  return (
    <form
      className="activity-filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        change({})
      }}
    >
      <TextField label={t('activity.wholeUser')} type="search" {...field('username')} />
      <TextField label={t('activity.path')} type="search" {...field('path')} />
      <SelectField
        label={t('activity.protocol')}
        name="protocol"
        value={protocols.find((known) => known === filter.protocol) ?? ''}
        choices={[
          { value: '', label: t('activity.allProtocols') },
          ...protocols.map((protocol) => ({ value: protocol, label: protocol })),
        ]}
        onChange={(protocol) => change({ protocol })}
      />
      <ActionMenu chosen={filter.actions} onChange={(actions) => change({ actions })} />
      <TextField label={t('activity.from')} type="datetime-local" {...field('from')} />
      <TextField label={t('activity.to')} type="datetime-local" {...field('to')} />
      {printFilter(filter) === '' ? null : (
        <Button icon="close" onClick={() => onChange(noFilter)}>
          {t('activity.clear')}
        </Button>
      )}
    </form>
  )
}

function textsOf({ username, path, from, to }: ActivityFilter): Typed {
  return { username, path, from: toLocalTime(from), to: toLocalTime(to) }
}

function meaningOf({ username, path, from, to }: Typed) {
  return { username: username.trim(), path, from: fromLocalTime(from), to: fromLocalTime(to) }
}

/** Seconds of a bookmark are not shown, and so do not count. */
function isSame(typed: Typed, filter: ActivityFilter): boolean {
  const meant = meaningOf(typed)
  const shown = meaningOf(textsOf(filter))
  return (['username', 'path', 'from', 'to'] as const).every((name) => meant[name] === shown[name])
}
