// Holds a report to its format, with validators that are not ours: `node validate.cjs har|sarif|ctrf FILE`.
// NODE_PATH names their folder. Ends with 0 where the report is valid, and says what is wrong otherwise.
const { readFileSync } = require('node:fs');

const [kind, file] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8'));

function fail(errors) {
  console.error(JSON.stringify(errors, null, 2).slice(0, 5000));
  process.exit(1);
}

if (kind === 'har') {
  require('har-validator').har(report).catch((error) => fail(error.errors));
} else if (kind === 'sarif') {
  const Ajv = require('ajv');
  const ajv = new Ajv({ allErrors: true, schemaId: 'auto', logger: false });
  ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
  const validate = ajv.compile(require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));
  if (!validate(report)) fail(validate.errors);
} else if (kind === 'ctrf') {
  const result = require('ctrf').validate(report);
  if (!result.valid) fail(result.errors);
} else {
  fail(`no kind is called ${kind}`);
}
