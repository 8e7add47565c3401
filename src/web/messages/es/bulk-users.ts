import type { bulkUsers as english } from '../en/bulk-users.ts'
import type { Translation } from '../message-key.ts'

export const bulkUsers: Translation<typeof english> = {
  'bulk.again': 'Volver a los nombres',
  'bulk.apart': 'Una carpeta propia para cada usuario',
  'bulk.apartHint': 'Se llama como el usuario. Sin esto, todos comparten un directorio.',
  'bulk.copyOf': 'Copiar la contraseña de {name}',
  'bulk.count': 'Cuántos',
  'bulk.done': 'Se ha creado {n} usuario | Se han creado {n} usuarios',
  'bulk.download': 'Descargar como CSV',
  'bulk.failed':
    'No se ha creado {n} usuario: la tabla dice por qué. Los demás no se ven afectados. | No se han creado {n} usuarios: la tabla dice por qué. Los demás no se ven afectados.',
  'bulk.first': 'Primer número',
  'bulk.lead': 'Para dispositivos y equipos: cambian los nombres, lo demás se comparte.',
  'bulk.leave':
    'Las contraseñas solo se muestran aquí. Si sale ahora sin descargarlas, no podrá volver a verlas.',
  'bulk.list': 'Nombres, uno por línea',
  'bulk.listHint':
    'Puede pegar la columna de nombres de una hoja de cálculo. Los nombres repetidos se toman una vez.',
  'bulk.made': 'Creado',
  'bulk.names': 'Nombres',
  'bulk.noNames': 'Escriba al menos un nombre.',
  'bulk.once': 'Las contraseñas solo se muestran ahora. Descárguelas antes de continuar.',
  'bulk.passwords': 'Cada usuario recibe su propia contraseña.',
  'bulk.prefix': 'Los nombres empiezan por',
  'bulk.preview': '{n} nombre: | {n} nombres:',
  'bulk.progress': '{done} de {total}',
  'bulk.results': 'Usuarios y sus contraseñas',
  'bulk.running': 'Creando usuarios…',
  'bulk.shared': 'Lo que comparten',
  'bulk.start': 'Crear usuarios',
  'bulk.startCount': 'Crear {n} usuario | Crear {n} usuarios',
  'bulk.stop': 'Detener',
  'bulk.stopped': 'Se ha detenido antes de crearlos todos.',
  'bulk.taken': 'Este nombre ya existe: el usuario se ha dejado como estaba.',
  'bulk.title': 'Muchos usuarios a la vez',
  'bulk.tooMany': 'Como máximo {max} a la vez.',
  'bulk.way': 'De dónde salen los nombres',
  'bulk.wayCount': 'Numerados',
  'bulk.wayList': 'Una lista',
  'bulk.wrongLine':
    'Esta línea no es solo un nombre: {line}. Ponga un nombre en cada línea, sin comas, puntos y comas, tabuladores ni comillas.',
  'bulk.wrongName': 'Esto no puede ser un nombre: {name}',
}
