import type { secondFactor as english } from '../en/second-factor.ts'
import type { Translation } from '../message-key.ts'

export const secondFactor: Translation<typeof english> = {
  'factor.askedFor': 'El código se pide en {protocols}.',
  'factor.askedHere': 'El código se pide al iniciar sesión.',
  'factor.byHand': 'O escriba esto en la aplicación:',
  'factor.change': 'Cambiar dónde se pide',
  'factor.changeText': 'Vale desde el próximo inicio de sesión.',
  'factor.changed': 'Se ha cambiado',
  'factor.code': 'Código de la aplicación',
  'factor.codeHint': 'Seis cifras.',
  'factor.codeMissing': 'Escriba las seis cifras que muestra ahora la aplicación.',
  'factor.codes': 'Códigos de recuperación',
  'factor.codesLeft': 'Quedan {n} códigos de recuperación.',
  'factor.codesOnce':
    'Guárdelos donde los encuentre sin su teléfono. Cada uno le deja entrar una vez, y no se muestran de nuevo.',
  'factor.download': 'Descargar',
  'factor.fewCodes': 'Solo quedan {n} códigos de recuperación. Cree nuevos antes de necesitarlos.',
  'factor.ftp': 'FTP y FTPS',
  'factor.ftpHint':
    'Escriba el código justo detrás de la contraseña. Cada conexión necesita un código nuevo.',
  'factor.http': 'WebClient',
  'factor.httpHint': 'Después de la contraseña, como segundo paso.',
  'factor.kept': 'Los he guardado',
  'factor.lead':
    'Un código de una aplicación de autenticación, que se pide después de la contraseña. Quien conozca su contraseña no podrá entrar solo con ella.',
  'factor.leadAdmin':
    'Un código de una aplicación de autenticación, que se pide después de la contraseña, en WebAdmin y para los tokens de la API.',
  'factor.on': 'Activado',
  'factor.qr': 'Código QR para la aplicación de autenticación',
  'factor.renew': 'Nuevos códigos de recuperación',
  'factor.renewText': 'Los actuales, usados o no, dejan de servir.',
  'factor.renewed': 'Hay nuevos códigos de recuperación',
  'factor.scan': 'Escanee esto con una aplicación de autenticación.',
  'factor.secret': 'Secreto',
  'factor.setup': 'Configurar el segundo factor',
  'factor.ssh': 'SFTP y SSH',
  'factor.sshHint':
    'Clientes que pueden hacer preguntas (keyboard-interactive). Una clave basta por sí sola.',
  'factor.title': 'Segundo factor',
  'factor.turnOff': 'Desactivar',
  'factor.turnOffText':
    'Desde el próximo inicio de sesión basta la contraseña. Los códigos de recuperación dejan de servir.',
  'factor.turnOn': 'Activar',
  'factor.turnedOff': 'El segundo factor está desactivado',
  'factor.where': 'Dónde se pide el código',
  'factor.whereMissing': 'Elija al menos uno.',
}
