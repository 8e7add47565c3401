import type { refusals as english } from '../en/refusals.ts'
import type { Translation } from '../message-key.ts'

export const refusals: Translation<typeof english> = {
  'refusal.accountNotAdmin': 'Esta cuenta no puede administrar este complemento.',
  'refusal.accountSecondFactor':
    'Esta cuenta necesita un segundo factor. Inicie sesión con un token de acceso de la cuenta como contraseña, o con el código de instalación del registro del complemento.',
  'refusal.backupDamaged': 'Esta copia está dañada.',
  'refusal.backupForeign':
    'Esta copia es del programa SFTPGo, cuyas cuentas no se pueden tomar. Añada de nuevo sus usuarios con los mismos nombres y encontrarán sus archivos donde estaban.',
  'refusal.backupNewer': 'Esta copia se hizo con una versión más nueva. Actualice antes este servidor.',
  'refusal.backupNone': 'Este archivo no es una copia de este servidor.',
  'refusal.endBeforeBeginning': 'El final tiene que ser posterior al principio.',
  'refusal.fileTooLarge': 'El archivo es mayor de lo que puede subir. Pida más a su administrador.',
  'refusal.folderTwice': 'Una carpeta aparece dos veces.',
  'refusal.folderUnknown': 'Una carpeta ya no existe. Vuelva a cargar la página.',
  'refusal.holdsMountedFolder':
    'Contiene una carpeta que lleva a otro almacenamiento y que se queda donde está.',
  'refusal.intoItself': 'Nada se puede poner dentro de sí mismo ni sobre sí mismo.',
  'refusal.isMissing': 'Rellene este campo.',
  'refusal.isTooLong': 'Es demasiado largo.',
  'refusal.keyEnd': 'Elija un día dentro de un año como máximo.',
  'refusal.lastManager':
    'Es el último administrador que puede gestionar administradores. Permítaselo antes a otro.',
  'refusal.mountedFolder': 'Una carpeta que lleva a otro almacenamiento se queda donde está.',
  'refusal.nameCharacter': 'El nombre tiene un carácter que no se permite: / y \\, y los que no se ven.',
  'refusal.nameDots': 'El nombre no puede tener dos puntos seguidos.',
  'refusal.nameEdges': 'El nombre no puede estar vacío, ni empezar o terminar con un espacio.',
  'refusal.nameNotPermitted': 'Aquí no se permiten archivos con un nombre así.',
  'refusal.nameReserved': 'Este nombre está reservado. Elija otro.',
  'refusal.namesDifferThere': 'Allí se permiten otros nombres, por lo que esta carpeta no se puede mover.',
  'refusal.nameSpelling':
    'Los acentos de este nombre están escritos de un modo que podría parecer otro nombre. Escríbalo de nuevo.',
  'refusal.nameTooLong': 'El nombre puede tener 255 caracteres como máximo.',
  'refusal.notAPublicKey': 'Una línea no es una clave pública SSH.',
  'refusal.passphraseMissing': 'Esta copia está cifrada. Escriba su frase de contraseña.',
  'refusal.passwordAsBefore': 'Elija otra contraseña que no sea la actual.',
  'refusal.passwordIsName': 'La contraseña no puede ser el nombre de usuario.',
  'refusal.passwordTooShort': 'La contraseña necesita al menos 8 caracteres.',
  'refusal.pathDots': "La ruta no puede contener '..'.",
  'refusal.pathNotAbsolute': 'La ruta debe empezar por /.',
  'refusal.pathOutside': 'Este directorio está fuera de los almacenamientos del servidor.',
  'refusal.pathTooLong': 'La ruta es demasiado larga.',
  'refusal.pathTwice': 'Una ruta aparece dos veces.',
  'refusal.permissionInside': 'No tiene permiso para algo de esta carpeta.',
  'refusal.permissionNotHeld': 'Este administrador tiene permisos que usted no tiene, o los recibiría.',
  'refusal.quotaFiles':
    'No caben más archivos: la cuota los cuenta. Borre alguno o pida más a su administrador.',
  'refusal.quotaSpace': 'No cabe en el espacio de la cuota. Borre algo o pida más a su administrador.',
  'refusal.secretOver':
    'Ha tardado demasiado, o se ha empezado de nuevo en otro lugar. Cierre esto y empiece otra vez.',
  'refusal.settingValue': 'Este valor no es posible.',
  'refusal.targetIsFile': 'Hay un archivo con este nombre.',
  'refusal.targetIsFolder': 'Hay una carpeta con este nombre.',
  'refusal.tooManyKeys': 'Ya tiene todas las claves posibles. Termine antes una.',
  'refusal.wrongPassphrase': 'La frase de contraseña no es la de esta copia.',
  'refusal.wrongPassword': 'La contraseña no es correcta.',
  'refusal.yourselfDisabled': 'No puede desactivarse a sí mismo.',
  'refusal.yourselfRemoved': 'No puede borrarse a sí mismo.',
}
