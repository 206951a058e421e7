'use strict'

/**
 * The layout of batches that decode.js reads. An addon that writes another one is refused; after a
 * change of node/src/pack.rs or of the fields of nodes and events, this is what the refusal names.
 */
const LAYOUT = '1-f49ba447'

module.exports = { LAYOUT }
