/** Of the two ends of the line, in network namespaces where nobody else is. */
export const nearAddress = '10.77.0.1'
export const farAddress = '10.77.0.2'
