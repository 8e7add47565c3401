import { Type, type Static } from 'typebox'

/** What somebody needs to set up a client. */
export const connectInfo = Type.Object(
  {
    host: Type.String({ description: 'Public host name; empty: the one the page was opened with.' }),
    sftp_port: Type.Integer({ description: '0: not served.' }),
    ftp_port: Type.Integer({ description: '0: not served.' }),
    ftp_passive_ports: Type.Array(Type.Integer()),
    ftp_tls: Type.Enum(['allowed', 'control', 'required']),
    host_keys: Type.Array(
      Type.Object({
        algorithms: Type.Array(Type.String()),
        fingerprint: Type.String({ description: 'SHA256:…, as OpenSSH shows it.' }),
      }),
    ),
  },
  { title: 'ConnectInfo' },
)
export type ConnectInfo = Static<typeof connectInfo>
