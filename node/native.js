'use strict'

// Loads the addon of this platform: the one that was built beside this file, else the package of the
// platform, which npm installs along with this one.

const { platform } = require('./lib/platform.js')
const { load } = require('./lib/addon.js')

module.exports = load(require, platform())
