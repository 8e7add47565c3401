import type { StorageResource } from '../../../contract/storage.ts'
import { SelectField, TextField } from '../../shared/components/field.tsx'
import { Banner } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { freeText, storageName, storageWarning } from './place-text.ts'
import { ownPlace, type Place } from './place.ts'

export interface PlacePickerProps {
  readonly label: string
  /** Of the API's field. */
  readonly name: string
  readonly place: Place
  readonly storages: readonly StorageResource[]
  /** False where the plugin's own space makes no sense. */
  readonly hasOwn?: boolean
  readonly error?: string | undefined
  readonly onChange: (place: Place) => void
}

/** A storage by its name and a directory in it, so that nobody types paths of the server. */
export function PlacePicker(props: PlacePickerProps) {
  const { place, storages, hasOwn = true, onChange } = props
  const storage = place.kind === 'storage' ? storages.find(({ id }) => id === place.id) : undefined
  const warning = storage === undefined ? undefined : storageWarning(storage)
  const choices = [
    ...(hasOwn ? [{ value: 'own', label: t('users.place.own') }] : []),
    ...storages.map((one) => ({ value: `storage:${one.id}`, label: storageName(one) ?? one.id })),
    ...(place.kind === 'other' ? [{ value: 'other', label: t('users.place.other') }] : []),
  ]
  const choose = (value: string) => {
    const id = value.slice('storage:'.length)
    if (value === 'own') onChange(ownPlace)
    else if (value.startsWith('storage:')) onChange({ kind: 'storage', id, directory: '' })
  }
  return (
    <>
      <div className="form-columns">
        <SelectField
          label={props.label}
          name={props.name}
          value={place.kind === 'storage' ? `storage:${place.id}` : place.kind}
          choices={choices}
          error={place.kind === 'storage' ? undefined : props.error}
          hint={storage === undefined ? placeHint(place) : freeText(storage)}
          onChange={choose}
        />
        {place.kind === 'storage' ? (
          <TextField
            label={t('users.place.directory')}
            name={props.error === undefined ? `${props.name}.directory` : props.name}
            value={place.directory}
            error={props.error}
            hint={t('users.place.directoryHint')}
            onChange={(directory) => onChange({ ...place, directory })}
          />
        ) : null}
      </div>
      {warning === undefined ? null : <Banner kind="warning">{warning}</Banner>}
    </>
  )
}

function placeHint(place: Place) {
  if (place.kind === 'other') return <code className="name">{place.path}</code>
  return place.kind === 'own' ? t('users.place.ownHint') : undefined
}
