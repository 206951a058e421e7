// Lines that wait when the process ends are handed to the logger.

import { log, setLogger, setLogLevel } from 'seafoam'

setLogLevel('info')
setLogger((level, text) => console.log(`${level}: ${text}`))
for (let line = 0; line < 3; line += 1) log('info', `line ${line}`)
