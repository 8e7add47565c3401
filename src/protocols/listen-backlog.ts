/**
 * Connections that wait to be accepted, of each port: as many as Linux lets wait (net.core.somaxconn). Devices come back all at
 * once after their power or their line did; beyond this the system drops some in a way that leaves the client connected to nobody.
 */
export const listenBacklog = 4096
