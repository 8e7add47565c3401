import type { StorageResource } from '../../../contract/storage.ts'
import type { UserResource } from '../../../contract/user.ts'
import { Button } from '../../shared/components/button.tsx'
import { TextField } from '../../shared/components/field.tsx'
import { Banner } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { EditorSection } from './editor-section.tsx'
import { GroupField } from './group-field.tsx'
import { MountRow } from './mount-row.tsx'
import { PlacePicker } from './place-picker.tsx'
import { placeText } from './place-text.ts'
import { isSamePlace, placeOf } from './place.ts'
import type { SectionProps } from './section-props.ts'
import { noSize } from './size-amount.ts'
import { nextKey, type MountDraft } from './user-draft.ts'

export const filesFields = [
  'home_dir',
  'virtual_folders',
  'virtual_folders.virtual_path',
  'filters.start_directory',
]

export interface FilesSectionProps extends SectionProps {
  readonly storages: readonly StorageResource[]
  /** The user that this one is a copy of. */
  readonly source: UserResource | undefined
}

/** Where the files of the user lie. */
export function FilesSection({ form, before, isWrong, storages, source }: FilesSectionProps) {
  const { values, errors, set } = form
  const isHomeOf = (user: UserResource) =>
    isSamePlace(values.home, placeOf(user.home_dir, storages, user.username))
  const isMoved = before !== undefined && !isHomeOf(before)
  const isShared = source !== undefined && values.home.kind !== 'own' && isHomeOf(source)
  const change = (mount: MountDraft) =>
    set({ mounts: values.mounts.map((other) => (other.key === mount.key ? mount : other)) })
  return (
    <EditorSection
      title={t('users.section.files')}
      summary={[
        placeText(values.home, storages),
        ...(values.mounts.length === 0 ? [] : [t('users.mount.count', { n: values.mounts.length })]),
      ].join(' · ')}
      isOpen
      isWrong={isWrong}
    >
      <PlacePicker
        label={t('users.home')}
        name="home_dir"
        place={values.home}
        storages={storages}
        error={errors['home_dir']}
        onChange={(home) => set({ home })}
      />
      {isMoved ? <Banner kind="info">{t('users.homeMoved')}</Banner> : null}
      {isShared ? <Banner kind="warning">{t('users.homeShared', { name: source.username })}</Banner> : null}
      <GroupField
        label={t('users.mount.title')}
        name="virtual_folders"
        hint={t('users.mount.hint')}
        error={errors['virtual_folders'] ?? errors['virtual_folders.virtual_path']}
      >
        {values.mounts.map((mount) => (
          <MountRow
            key={mount.key}
            mount={mount}
            storages={storages}
            onChange={change}
            onRemove={() => set({ mounts: values.mounts.filter(({ key }) => key !== mount.key) })}
          />
        ))}
        <div>
          <Button
            icon="folderAdd"
            isDisabled={storages.length === 0}
            onClick={() => set({ mounts: [...values.mounts, newMount(storages)] })}
          >
            {t('users.mount.add')}
          </Button>
        </div>
      </GroupField>
      <div className="form-columns">
        <TextField
          label={t('users.startDirectory')}
          name="filters.start_directory"
          value={values.startDirectory}
          error={errors['filters.start_directory']}
          hint={t('users.startDirectoryHint')}
          onChange={(startDirectory) => set({ startDirectory })}
        />
      </div>
    </EditorSection>
  )
}

function newMount(storages: readonly StorageResource[]): MountDraft {
  const id = storages[0]?.id ?? ''
  return {
    key: nextKey(),
    folder: '',
    place: { kind: 'storage', id, directory: '' },
    virtualPath: `/${id}`,
    isInUserQuota: true,
    quotaSize: noSize,
    quotaFiles: '',
  }
}
