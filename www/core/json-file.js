/** JSON in a file: what is wrong with it is said with its line. May import lib/i18n, json.js and protocol.js. */
import { said, t } from '../lib/i18n.js'
import { JsonError, readJson } from './json.js'
import { refusal } from './protocol.js'

/** @param {File} file */
export async function readJsonFile(file) {
  try {
    return (await readJson(await file.text())).value
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    const { line, column } = error.place
    throw refusal(t('The file {file} is not JSON: {message}, in line {line}, column {column}.', { file: file.name, message: said(error.message), line, column }), said(error.hint))
  }
}
