import type { connect as english } from '../en/connect.ts'
import type { Translation } from '../message-key.ts'

export const connect: Translation<typeof english> = {
  'connect.asksPassword':
    'El programa pide la contraseña, para que no quede en ningún comando ni en ningún archivo.',
  'connect.copyPassword': 'Copiar la contraseña',
  'connect.curl.hostKey':
    'curl solo admite claves de servidor ya conocidas: conéctese una vez con sftp y acepte la clave.',
  'connect.encryption': 'Cifrado',
  'connect.esp.clear':
    'Estos dispositivos pequeños envían sin cifrar: use un usuario solo para ellos, mejor con permiso únicamente para subir.',
  'connect.esp.lead': 'Un sketch para el IDE de Arduino. Sube un archivo pequeño cada minuto.',
  'connect.esp.needsPlain': 'El sketch usa FTP sin cifrar, y este usuario o el servidor no lo permiten.',
  'connect.esp.sketch': 'Sketch',
  'connect.filezilla.lead':
    'Abra Archivo > Gestor de sitios, cree un sitio nuevo e introduzca estos valores.',
  'connect.ftpHint': 'Los clientes FTP deben usar el modo pasivo. Los datos van por el puerto {ports}.',
  'connect.general': 'Todos los programas',
  'connect.host': 'Servidor',
  'connect.hostKeys': 'Huellas de las claves del servidor',
  'connect.hostKeysHint':
    'Cuando un cliente pregunte si debe confiar en el servidor, tiene que mostrar una de estas.',
  'connect.keyOnly': 'SFTP admite la clave SSH de este usuario, y ninguna contraseña.',
  'connect.mode': 'Modo de transferencia',
  'connect.nothing': 'Este usuario no tiene ningún protocolo permitido. Permita uno en Acceso.',
  'connect.openssh.refuses':
    'OpenSSH rechaza los nombres de usuario con comillas, paréntesis o signos como & y ;. Use otro programa.',
  'connect.openssh.scp': 'Copiar un archivo con scp',
  'connect.openssh.sftp': 'Abrir una sesión',
  'connect.passive': 'Pasivo',
  'connect.passwordOnce': 'La contraseña solo se muestra ahora. Cópiela antes de continuar.',
  'connect.port': 'Puerto',
  'connect.programs': 'Programas',
  'connect.protocol': 'Protocolo',
  'connect.qr': 'Código QR de {url}',
  'connect.qrHint': 'Escanéelo con un teléfono:',
  'connect.rclone.config': 'Añada esto a rclone.conf',
  'connect.rclone.use': 'Copiar un archivo',
  'connect.system': 'Windows, Mac',
  'connect.system.explorer': 'Dirección para el Explorador',
  'connect.system.mac':
    'Mac: Finder no puede subir por FTP ni SFTP. Use Cyberduck o FileZilla con los valores de abajo.',
  'connect.system.noTls':
    'El Explorador de Windows no cifra, y aquí es obligatorio. Use WinSCP o FileZilla en su lugar.',
  'connect.system.windows': 'Windows: escriba esto en la barra de direcciones del Explorador.',
  'connect.tlsOptional': 'TLS explícito, si el cliente puede',
  'connect.tlsRequired': 'TLS explícito, obligatorio',
  'connect.user': 'Usuario',
  'connect.web': 'En el navegador:',
  'connect.winscp.lead':
    'En la ventana de inicio de sesión, pegue la dirección en Nombre o IP del servidor, o introduzca los valores.',
}
