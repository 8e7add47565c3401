import { Button } from '../../shared/components/button.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { t } from '../../shared/i18n.ts'
import { shownName } from '../listing/shown-name.ts'
import type { ConflictQuestion } from './transfers.ts'

const maxNamed = 8

/** What to do with files whose names are taken: once for all of them, before anything is sent. */
export function ConflictDialog({ question }: { readonly question: ConflictQuestion }) {
  const { paths, mayReplace, answer } = question
  const left = paths.length - maxNamed
  return (
    <Dialog
      title={t('transfers.conflict.title', { n: paths.length })}
      onClose={() => answer(undefined)}
      actions={
        <>
          <Button onClick={() => answer('skip')}>{t('transfers.conflict.skip')}</Button>
          <Button kind="primary" onClick={() => answer('keep')}>
            {t('transfers.conflict.keep')}
          </Button>
          <Button kind="danger" isDisabled={!mayReplace} onClick={() => answer('replace')}>
            {t('transfers.conflict.replace')}
          </Button>
        </>
      }
    >
      <p>{t('transfers.conflict.lead')}</p>
      <ul className="transfers-names">
        {paths.slice(0, maxNamed).map((path) => (
          <li key={path}>
            <span className="name">{shownName(path)}</span>
          </li>
        ))}
        {left > 0 ? <li>{t('transfers.conflict.more', { n: left })}</li> : null}
      </ul>
      {mayReplace ? null : <p className="soft">{t('transfers.conflict.mayNotReplace')}</p>}
    </Dialog>
  )
}
