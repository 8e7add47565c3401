import { Button } from '../components/button.tsx'
import { CodeLine } from '../components/code-line.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Banner } from '../components/states.tsx'
import { t } from '../i18n.ts'
import { saveText } from '../save-text.ts'
import './second-factor.css'

/** Shown once: whoever goes on without them has to make new ones. */
export function RecoveryCodes({
  codes,
  onClose,
}: {
  readonly codes: readonly string[]
  readonly onClose: () => void
}) {
  const text = codes.join('\n')
  return (
    <Dialog
      title={t('factor.codes')}
      onClose={onClose}
      isClosable={false}
      actions={
        <>
          <Button
            icon="download"
            onClick={() => saveText('sftpgo-recovery-codes.txt', 'text/plain', `${text}\n`)}
          >
            {t('factor.download')}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {t('factor.kept')}
          </Button>
        </>
      }
    >
      <Banner kind="warning">{t('factor.codesOnce')}</Banner>
      <CodeLine text={text} label={t('factor.codes')} />
    </Dialog>
  )
}
