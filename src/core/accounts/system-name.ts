/** Stands for the server where the name of an admin is told: for what nobody asked for. */
export const systemName = '__system__'
