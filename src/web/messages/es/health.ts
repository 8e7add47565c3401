import type { health as english } from '../en/health.ts'
import type { Translation } from '../message-key.ts'

export const health: Translation<typeof english> = {
  'health.certificate.anyHost': 'Cualquier nombre',
  'health.certificate.expired': 'Caducó el {date}: los clientes lo rechazan.',
  'health.certificate.good': 'Válido hasta el {date}.',
  'health.certificate.none': 'No hay ningún certificado utilizable.',
  'health.certificate.old': 'El certificado nuevo no se puede usar; el anterior sirve hasta el {date}.',
  'health.certificate.renew':
    'Ponga un fullchain.pem y un privkey.pem nuevos para {host} en el directorio de certificados. El servidor los toma sin reiniciarse.',
  'health.certificate.selfSigned': 'Autofirmado, hasta el {date}: los clientes avisan o lo rechazan.',
  'health.certificate.selfSignedAdvice':
    'Para usar FTPS sin avisos hace falta un certificado del dominio: la plataforma lo proporciona para los dominios que sirve.',
  'health.certificate.soon': 'Caduca mañana a más tardar, el {date}. | Caduca dentro de {n} días, el {date}.',
  'health.certificates.title': 'Certificados',
  'health.copy': 'Copiar el valor de {subject}',
  'health.data.advice':
    'El servidor guarda su base de datos en {directory}. Libere espacio allí y compruebe que puede escribir.',
  'health.data.subject': 'Disco de la base de datos',
  'health.database.active': '{kind} responde.',
  'health.database.away': '{kind} no responde. Nadie puede iniciar sesión.',
  'health.database.awayAdvice':
    'Compruebe que la base de datos funciona y que DATABASE_URL es correcta. El servidor se vuelve a conectar por sí solo.',
  'health.database.subject': 'Base de datos',
  'health.database.unknownAway': 'La base de datos no responde. Nadie puede iniciar sesión.',
  'health.encryption.optional':
    'Los clientes pueden entrar sin TLS: entonces las contraseñas y los archivos viajan sin cifrar. Véase Ajustes.',
  'health.encryption.required': 'Se exige TLS.',
  'health.encryption.subject': 'Cifrado',
  'health.ftp.title': 'FTP',
  'health.hostKeys.next': 'Futura: los clientes ya reciben esta clave, pero todavía no se usa.',
  'health.hostKeys.nextAdvice':
    'Cuando los clientes hayan tenido unas semanas para conocerla, cambia el nombre de {next} a {path} y reinicia el plugin.',
  'health.hostKeys.none': 'No hay ninguna: SFTP no puede funcionar.',
  'health.hostKeys.noneAdvice':
    'Reinicie el complemento; las crea en su directorio de datos, en el que debe poder escribir.',
  'health.hostKeys.one': 'Los clientes pueden comparar esta huella en su primera conexión.',
  'health.hostKeys.title': 'Claves SSH del servidor',
  'health.lead': 'Qué funciona, qué no y qué hacer al respecto.',
  'health.level.bad': 'Problema',
  'health.level.good': 'Bien',
  'health.level.info': 'Nota',
  'health.level.warning': 'Aviso',
  'health.passive.host': 'Para las conexiones de datos se indica {host} a los clientes.',
  'health.passive.none': 'Se indica a los clientes la dirección a la que se conectaron.',
  'health.passive.private':
    'Se indica {host} a los clientes, una dirección inaccesible desde fuera de esta red.',
  'health.passive.privateAdvice':
    'Ponga en FTP_PASSIVE_HOST el nombre público del servidor y reinicie el complemento.',
  'health.passive.subject': 'Dirección pasiva',
  'health.platform.connected': 'Conectado desde {since}.',
  'health.platform.connecting': 'Conectando…',
  'health.platform.refuses': 'La plataforma responde, pero rechaza las peticiones del complemento.',
  'health.platform.refusesAdvice':
    'Puede que falte el token de acceso del complemento o que le falte un permiso. Reinstale el complemento o revise su token en la consola.',
  'health.platform.standalone': 'No se usa: el servidor funciona por su cuenta.',
  'health.platform.unreachable': 'Sin conexión desde {since}. Los archivos se sirven como antes.',
  'health.platform.unreachableAdvice':
    'Hasta que responda no se encuentran almacenamientos nuevos ni pueden entrar las cuentas de la plataforma. Si continúa, compruebe THINGER_API_URL.',
  'health.port.data': 'Datos FTP',
  'health.port.disabled': 'El proxy de este puerto está desactivado.',
  'health.port.disabledAdvice': 'Active el proxy del puerto {ports} en Administration > Proxies.',
  'health.port.missing': 'La plataforma no tiene ningún proxy para este puerto.',
  'health.port.missingAdvice':
    'Un administrador de la instancia debe añadir uno en Administration > Proxies: protocolo TCP, puerto de origen {ports}, destino este complemento con el mismo puerto. Las licencias pequeñas no incluyen proxies.',
  'health.port.other': 'Otra cosa responde en {host}.',
  'health.port.otherAdvice':
    'Otro proxy o programa ocupa el puerto {ports}. Dirija el proxy a este complemento o asigne otro puerto al servidor: SFTP_PORT, FTP_PORT, FTP_PASSIVE_PORTS.',
  'health.port.reachable': 'Los clientes llegan a él en {host}.',
  'health.port.refused': 'Las conexiones a {host} se rechazan.',
  'health.port.refusedAdvice':
    'El proxy existe, pero nada responde detrás. Compruebe que su destino es este complemento y el puerto {ports}; después desactívelo y vuelva a activarlo.',
  'health.port.refusedUnknownAdvice':
    'Nada escucha en {host}, puerto {ports}. Lo más habitual es que falte el proxy o esté desactivado: pida a un administrador de la instancia que mire en Administration > Proxies.',
  'health.port.silent': '{host} no responde.',
  'health.port.silentAdvice':
    'Algo en el camino descarta las conexiones. Abra el puerto TCP {ports} en el cortafuegos del equipo y en el de su proveedor.',
  'health.port.standalone': 'Sin probar.',
  'health.port.subject': '{service}, puerto {ports}',
  'health.port.untested':
    'Sin probar: se estaba atendiendo a un cliente o aquí no se conoce el nombre del equipo. Pruébelo más tarde.',
  'health.ports.again': 'Probar de nuevo',
  'health.ports.noHost':
    'El servidor funciona por su cuenta y no conoce su nombre público, por lo que los puertos no se pueden probar desde fuera.',
  'health.ports.tested': 'Probado a través de {host}: {time}.',
  'health.ports.testing': 'Probando los puertos, tardará unos segundos…',
  'health.ports.title': 'Accesible desde fuera',
  'health.problem.certificateMissing': 'Falta fullchain.pem.',
  'health.problem.expired': 'El certificado ha caducado.',
  'health.problem.filesGone':
    'Los archivos ya no están. El último certificado bueno se sirve hasta el próximo inicio.',
  'health.problem.filesUnreadable': 'Los archivos no se pueden leer.',
  'health.problem.keyMissing': 'Falta privkey.pem.',
  'health.problem.keyNotReadable': 'La clave privada no se puede leer o pide una frase de contraseña.',
  'health.problem.keyOfAnother': 'La clave privada no es la del certificado.',
  'health.problem.namesOthers': 'El certificado no nombra este host.',
  'health.problem.notComplete': 'El archivo del certificado no está completo (PEM).',
  'health.problem.notReadable': 'El certificado no se puede leer.',
  'health.problem.notServable': 'TLS no puede servir este certificado y esta clave.',
  'health.problem.notValidYet': 'El certificado aún no es válido.',
  'health.problem.selfSigned':
    'Los clientes no pueden verificarlo. No se ha encontrado ningún certificado para este host.',
  'health.workers.subject': 'Procesos de SFTP y FTP',
  'health.workers.good': '{running} de {configured} en servicio.',
  'health.workers.missing': '{running} de {configured} en servicio; se está iniciando otro.',
  'health.workers.restarted':
    '{running} de {configured} en servicio. Reemplazados desde el inicio: {restarts}, de ellos por bloqueo: {hangs}.',
  'health.workers.advice':
    'El registro del complemento indica por qué terminaron. Compruebe si faltó memoria o si hay discos lentos.',
  'health.audit.subject': 'Registro de actividad',
  'health.audit.good': 'Se guarda todo.',
  'health.audit.waits': '{n} entradas esperan a la base de datos.',
  'health.audit.lost': 'Se perdieron {n} entradas: la base de datos no respondió durante demasiado tiempo.',
  'health.audit.advice': 'Compruebe que la base de datos responde y tiene espacio.',
  'health.process.state': 'En marcha desde {since}, con {memory} de memoria.',
  'health.process.subject': 'Versión {version}',
  'health.refresh': 'Actualizar',
  'health.server.title': 'Servidor',
  'health.service.active': 'Escucha en el puerto {ports}.',
  'health.service.stopped': 'No está escuchando.',
  'health.service.stoppedAdvice':
    'El registro dice por qué: lo más habitual es que otro programa ocupe el puerto. Después reinicie el complemento.',
  'health.space.broken': 'No se puede leer.',
  'health.space.full': 'Lleno: {free} libres ({share}). Se rechazan las subidas.',
  'health.space.fullAdvice': 'Libere espacio o amplíe el disco; las subidas volverán a funcionar enseguida.',
  'health.space.good': '{free} libres ({share}).',
  'health.space.low': 'Solo quedan {free} libres ({share}).',
  'health.space.lowAdvice': 'Borre lo que ya no haga falta, asigne cuotas a los usuarios o amplíe el disco.',
  'health.space.missing': 'No está montado: los usuarios aún no pueden usarlo.',
  'health.space.readOnly': 'No se puede escribir.',
  'health.space.writable': 'Se puede escribir.',
  'health.storages.advice':
    'Revise el almacenamiento en la consola: su directorio {directory} debe existir y el complemento debe poder escribir en él. Los almacenamientos nuevos se montan al reiniciar el complemento.',
  'health.storages.none': 'Aún no hay ningún almacenamiento. Añada uno en la consola, en Storages.',
  'health.storages.title': 'Almacenamientos',
  'health.title': 'Estado',
  'health.verdict.bad': 'Una cosa no funciona. | {n} cosas no funcionan.',
  'health.verdict.good': 'Todo está bien.',
  'health.verdict.warning': 'Un punto requiere su atención. | {n} puntos requieren su atención.',
}
