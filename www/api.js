/**
 * The engine for programs: what the npm package exports; docs/package.md says how it is used. May import api/ and core/protocol.
 *
 * @typedef {import('./api/engine.js').Engine} Engine
 * @typedef {import('./api/engine.js').EngineOptions} EngineOptions
 * @typedef {import('./api/session.js').Data} Data
 * @typedef {import('./api/session.js').OpenOptions} OpenOptions
 * @typedef {import('./api/session.js').Progress} Progress
 * @typedef {import('./api/session.js').Session} Session
 * @typedef {import('./api/session.js').Spec} Spec
 * @typedef {import('./api/session.js').TrainOptions} TrainOptions
 * @typedef {import('./core/protocol.js').Device} Device
 * @typedef {import('./core/protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('./core/protocol.js').Evaluation} Evaluation
 * @typedef {import('./core/protocol.js').Examples} Examples
 * @typedef {import('./core/protocol.js').Point} Point
 * @typedef {import('./core/protocol.js').Prediction} Prediction
 * @typedef {import('./core/protocol.js').Report} Report
 * @typedef {import('./core/protocol.js').Split} Split
 */
export { createEngine } from './api/engine.js'
export { EngineError } from './core/protocol.js'
