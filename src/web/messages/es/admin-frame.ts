import type { adminFrame as english } from '../en/admin-frame.ts'
import type { Translation } from '../message-key.ts'

export const adminFrame: Translation<typeof english> = {
  'admin.name': 'WebAdmin',
  'admin.nav.backups': 'Copias',
  'admin.nav.activity': 'Actividad',
  'admin.nav.admins': 'Administradores',
  'admin.nav.folders': 'Carpetas',
  'admin.nav.health': 'Estado',
  'admin.nav.live': 'En vivo',
  'admin.nav.settings': 'Ajustes',
  'admin.nav.users': 'Usuarios',
  'admin.profile': 'Contraseña y tokens',
  'admin.signIn.help': 'No puedo iniciar sesión',
  'admin.signIn.helpCode':
    'Use el nombre setup con el código de instalación. Está en el registro del complemento (Plugins > SFTPGo > Logs) y sirve una sola vez.',
  'admin.signIn.helpNoCode':
    'Reinicie el complemento: si no hay un administrador local, su registro mostrará un código nuevo para usar con el nombre setup.',
  'admin.signIn.helpToken':
    'Si su cuenta tiene un segundo factor, o entra mediante otro proveedor, escriba un token de acceso de su cuenta en lugar de la contraseña.',
  'admin.signIn.leadLocal': 'Para administradores de este servidor.',
  'admin.signIn.leadThinger': 'Use el nombre y la contraseña de su cuenta de Thinger.io.',
  'admin.signIn.title': 'Iniciar sesión en WebAdmin',
  'admin.signIn.toClient': 'A sus archivos: WebClient',
  'admin.toClient': 'WebClient',
}
