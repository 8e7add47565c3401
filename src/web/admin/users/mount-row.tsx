import type { StorageResource } from '../../../contract/storage.ts'
import { Button } from '../../shared/components/button.tsx'
import { NumberField, SelectField, TextField } from '../../shared/components/field.tsx'
import { t } from '../../shared/i18n.ts'
import { PlacePicker } from './place-picker.tsx'
import { placeText } from './place-text.ts'
import type { Place } from './place.ts'
import { SizeField } from './size-field.tsx'
import type { MountDraft } from './user-draft.ts'

export interface MountRowProps {
  readonly mount: MountDraft
  readonly storages: readonly StorageResource[]
  readonly onChange: (mount: MountDraft) => void
  readonly onRemove: () => void
}

/** A further storage that the user sees as a folder. */
export function MountRow({ mount, storages, onChange, onRemove }: MountRowProps) {
  const name = placeText(mount.place, storages)
  const move = (place: Place) => {
    const follows = mount.place.kind === 'storage' && mount.virtualPath === `/${mount.place.id}`
    const virtualPath = follows && place.kind === 'storage' ? `/${place.id}` : mount.virtualPath
    onChange({ ...mount, place, virtualPath, folder: '' })
  }
  return (
    <div className="editor-row" role="group" aria-label={name}>
      <PlacePicker
        label={t('users.mount.storage')}
        name={`${mount.key}.place`}
        place={mount.place}
        storages={storages}
        hasOwn={false}
        onChange={move}
      />
      <div className="form-columns">
        <TextField
          label={t('users.mount.path')}
          name={`${mount.key}.path`}
          value={mount.virtualPath}
          onChange={(virtualPath) => onChange({ ...mount, virtualPath })}
        />
        <SelectField
          label={t('users.mount.quota')}
          name={`${mount.key}.quota`}
          value={mount.isInUserQuota ? 'user' : 'own'}
          choices={[
            { value: 'user', label: t('users.mount.quotaUser') },
            { value: 'own', label: t('users.mount.quotaOwn') },
          ]}
          onChange={(value) => onChange({ ...mount, isInUserQuota: value === 'user' })}
        />
      </div>
      {mount.isInUserQuota ? null : (
        <div className="form-columns">
          <SizeField
            label={t('users.quotaSize')}
            name={`${mount.key}.size`}
            value={mount.quotaSize}
            onChange={(quotaSize) => onChange({ ...mount, quotaSize })}
          />
          <NumberField
            label={t('users.quotaFiles')}
            name={`${mount.key}.files`}
            min={0}
            value={mount.quotaFiles}
            onChange={(quotaFiles) => onChange({ ...mount, quotaFiles })}
          />
        </div>
      )}
      <div>
        <Button icon="delete" onClick={onRemove}>
          {t('users.mount.remove')}
        </Button>
      </div>
    </div>
  )
}
