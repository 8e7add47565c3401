import type { settings as english } from '../en/settings.ts'
import type { Translation } from '../message-key.ts'

export const settings: Translation<typeof english> = {
  'settings.banner': 'Mensaje de bienvenida SSH',
  'settings.bannerHint': 'Texto que los clientes SSH muestran antes de iniciar sesión. Vacío: ninguno.',
  'settings.bannerTooLong': 'Como máximo {max} caracteres.',
  'settings.changedHere': 'Cambiado aquí',
  'settings.days': 'días',
  'settings.discard': 'Descartar los cambios',
  'settings.environment': 'Entorno',
  'settings.environmentText':
    'Los valores con los que arrancó el servidor. Se cambian en los ajustes del complemento en la consola y se aplican tras reiniciarlo.',
  'settings.fromEnvironment': 'Del entorno',
  'settings.given': 'No es el predeterminado',
  'settings.idleTimeout': 'Tiempo de inactividad',
  'settings.idleTimeoutHint':
    'Los clientes sin peticiones ni transferencias durante ese tiempo se desconectan. 0: nunca.',
  'settings.lead': 'Los cambios se aplican al momento, sin reiniciar.',
  'settings.leave': 'Los cambios en los ajustes no se han guardado.',
  'settings.limits': 'Límites',
  'settings.loginGrace': 'Tiempo para iniciar sesión',
  'settings.loginGraceHint': 'Los clientes que no hayan entrado en ese tiempo se desconectan.',
  'settings.maxAuthTries': 'Intentos de inicio de sesión por conexión',
  'settings.maxAuthTriesHint': 'Después se cierra la conexión.',
  'settings.maxConnections': 'Conexiones simultáneas',
  'settings.maxConnectionsHint': 'Entre todos los protocolos. 0: sin límite.',
  'settings.meaning': 'Significado',
  'settings.protocols': 'Protocolos',
  'settings.reset': 'Restablecer',
  'settings.resetDone': '{name} vuelve a ser lo que dice el entorno.',
  'settings.resetOf': 'Restablecer {name}',
  'settings.retention': 'La actividad se conserva durante',
  'settings.retentionHint': 'Las entradas más antiguas se eliminan.',
  'settings.saved': 'Guardado: {names}.',
  'settings.seconds': 'segundos',
  'settings.title': 'Ajustes',
  'settings.tls': 'Cifrado de FTP (TLS)',
  'settings.tls.allowed': 'Permitido',
  'settings.tls.allowedHint':
    'Los clientes pueden usar TLS. Sin él, las contraseñas y los archivos viajan sin cifrar; los dispositivos antiguos a menudo no saben hacer otra cosa.',
  'settings.tls.control': 'Obligatorio al iniciar sesión',
  'settings.tls.controlHint':
    'Las contraseñas y las órdenes van siempre cifradas; el contenido de los archivos, solo si el cliente lo pide.',
  'settings.tls.required': 'Obligatorio para todo',
  'settings.tls.requiredHint':
    'Contraseñas, órdenes y archivos van siempre cifrados. Los clientes sin TLS no pueden trabajar. Se aplica a las sesiones nuevas.',
  'settings.toBackups': 'La programación de las copias está en su propia página.',
  'settings.value': 'Valor',
  'settings.variable': 'Variable',
  'settings.wrongNumber': 'Escriba un número entero de {min} a {max}.',
}
