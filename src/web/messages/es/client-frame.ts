import type { clientFrame as english } from '../en/client-frame.ts'
import type { Translation } from '../message-key.ts'

export const clientFrame: Translation<typeof english> = {
  'client.name': 'WebClient',
  'client.nav.files': 'Archivos',
  'client.nav.profile': 'Perfil',
  'client.signIn.lead': 'Use el nombre y la contraseña que le dio su administrador.',
  'client.signIn.title': 'Iniciar sesión en sus archivos',
  'client.signIn.toAdmin': 'Para administradores: WebAdmin',
  'client.toAdmin': 'WebAdmin',
}
