// Sensors and what they read: Fastify, held to JSON Schemas by ajv, with the document that @fastify/swagger writes.
const fastify = require("fastify");
const swagger = require("@fastify/swagger");

const defects = new Set((process.env.DEFECT || "").split(","));
// Whether a defect is switched on.
const has = (defect) => defects.has(defect);
// A part of a schema that a defect changes in what the server validates by, and not in the document.
const unless = (defect, rule, bent) => (has(defect) ? bent : rule);

const Refusal = { type: "object", required: ["statusCode", "message"], properties: {
  statusCode: { type: "integer" }, message: { type: "string" }, error: { type: "string" }, code: { type: "string" } } };
const Sensor = { type: "object", required: ["id", "name", "unit", "active"], additionalProperties: false, properties: {
  id: { type: "string", format: "uuid" },
  name: { type: "string", minLength: 1, maxLength: 32 },
  unit: { type: "string", enum: ["C", "F", "K", "lux", "%"] },
  active: { type: "boolean" },
  place: { type: ["object", "null"], required: ["lat", "lon"], additionalProperties: false, properties: {
    lat: { type: "number", minimum: -90, maximum: 90 }, lon: { type: "number", minimum: -180, maximum: 180 } } },
  tags: { type: "array", maxItems: 5, uniqueItems: true, items: { type: "string", pattern: "^[a-z][a-z0-9_]*$", maxLength: 12 } },
  calibrated: { type: "string", format: "date" },
  interval: { type: "integer", minimum: 5, maximum: 3600, multipleOf: 5 } } };
const { id, ...given } = Sensor.properties;
const NewSensor = { type: "object", required: ["name", "unit"], additionalProperties: false, properties: given };
const Reading = { type: "object", required: ["at", "value"], additionalProperties: false, properties: {
  at: { type: "string", format: "date-time" }, value: { type: "number", minimum: -1e6, maximum: 1e6 },
  quality: { type: "integer", minimum: 0, maximum: 100 } } };
const Summary = { type: "object", required: ["count", "minimum", "maximum"], additionalProperties: false, properties: {
  count: { type: "integer", minimum: 0 }, minimum: { type: ["number", "null"] }, maximum: { type: ["number", "null"] } } };
const Key = { type: "object", required: ["id"], properties: { id: { type: "string", format: "uuid" } } };

// What the server validates by, with the defects of validation.
const bent = structuredClone({ NewSensor, Reading, Key });
{
  const sensor = bent.NewSensor.properties;
  if (has("name-of-33-taken")) sensor.name.maxLength = 33;
  if (has("unit-in-lower-case-taken")) sensor.unit.enum.push("c", "f", "k");
  if (has("lat-91-taken")) sensor.place.properties.lat.maximum = 91;
  if (has("place-without-lon-taken")) sensor.place.required = ["lat"];
  if (has("place-unknown-taken")) delete sensor.place.additionalProperties;
  if (has("tags-twice-taken")) delete sensor.tags.uniqueItems;
  if (has("six-tags-taken")) sensor.tags.maxItems = 6;
  if (has("tag-unanchored")) sensor.tags.items.pattern = "^[a-z][a-z0-9_]*";
  if (has("calibrated-any-taken")) delete sensor.calibrated.format;
  if (has("interval-7-taken")) delete sensor.interval.multipleOf;
  if (has("interval-zero-taken")) sensor.interval.minimum = 0;
  if (has("unknown-members-taken")) delete bent.NewSensor.additionalProperties;
  if (has("unit-not-required")) bent.NewSensor.required = ["name"];
  if (has("null-name-taken")) sensor.name.type = ["string", "null"];
  const reading = bent.Reading.properties;
  if (has("at-any-taken")) delete reading.at.format;
  if (has("quality-101-taken")) reading.quality.maximum = 101;
  if (has("quality-fraction-taken")) reading.quality.type = "number";
  if (has("value-not-required")) bent.Reading.required = ["at"];
  if (has("id-any-taken")) delete bent.Key.properties.id.format;
}

async function main() {
  const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true, strict: false } } });
  await app.register(swagger, { openapi: { openapi: "3.1.0", info: { title: "Sensors", version: "1.0.0" },
    components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Sensor-Key" } } } } });
  const documented = new Map();
  // The document has the faithful schemas; the server may validate by others.
  const route = (method, url, operationId, schema, held, handler) => {
    const security = schema.security;
    documented.set(operationId, true);
    app.route({ method, url, schema: { operationId, ...schema },
      validatorCompiler: ({ schema: faithful, httpPart }) => {
        const used = (held && held[httpPart]) || faithful;
        const ajv = httpPart === "body" || httpPart === "headers" ? strict : coercing;
        return ajv.compile(used);
      },
      preValidation: async (request, reply) => {
        if (security && !has(`no-key-for-${operationId}`) && request.headers["x-sensor-key"] !== "sensor-key") {
          return reply.code(401).send({ statusCode: 401, message: "no key" });
        }
      },
      handler });
  };
  const Ajv = require("ajv");
  const formats = require("ajv-formats");
  const strict = formats(new Ajv({ strict: false, allErrors: false }));
  const coercing = formats(new Ajv({ strict: false, coerceTypes: "array", useDefaults: true }));
  const sensors = new Map();
  const readings = new Map();
  let made = 0;
  const lost = (reply) => reply.code(404).send({ statusCode: 404, message: "no such sensor" });
  const refusals = { 400: Refusal, 404: Refusal };
  const secured = [{ key: [] }];

  route("GET", "/sensors", "listSensors", { querystring: { type: "object", properties: {
    unit: { type: "string", enum: ["C", "F", "K", "lux", "%"] }, active: { type: "boolean" },
    name: { type: "string", maxLength: 8 },
    page: { type: "integer", minimum: 1, maximum: 500, default: 1 }, size: { type: "integer", minimum: 1, maximum: 20, default: 10 } } },
    response: { 200: { type: "array", maxItems: 20, items: Sensor }, 400: Refusal } },
  has("page-zero-taken") ? { querystring: { type: "object", properties: { page: { type: "integer" }, size: { type: "integer", minimum: 1, maximum: 20, default: 10 } } } } : null,
  async (request, reply) => {
    const { unit, active, name, page = 1, size = 10 } = request.query;
    if (has("percent-crashes") && unit === "%") throw new Error("percent");
    if (has("inactive-crashes") && active === false) throw new Error("inactive");
    if (has("name-regex-crashes") && name) new RegExp(name);
    if (has("last-page-slow-crash") && page === 500) throw new Error("page");
    const found = [...sensors.values()].filter((sensor) => (!unit || sensor.unit === unit)
      && (active === undefined || sensor.active === active) && (!name || sensor.name.includes(name)));
    const chosen = found.slice((page - 1) * size, page * size);
    if (has("lux-shown-as-lumen") && unit === "lux") return raw(reply, 200, chosen.map((sensor) => ({ ...sensor, unit: "lumen" })).concat({ id: "x" }));
    return chosen;
  });
  // What is sent as it stands, past the serializer that would leave out what no schema has.
  const raw = (reply, status, body) => reply.code(status).header("content-type", "application/json; charset=utf-8").serializer(String).send(JSON.stringify(body));

  route("POST", "/sensors", "addSensor", { security: secured, body: NewSensor, response: { 201: Sensor, 400: Refusal, 401: Refusal, 415: Refusal } },
    { body: bent.NewSensor }, async (request, reply) => {
      made += 1;
      if (has("every-fifth-closes") && made % 5 === 0) return request.raw.socket.destroy();
      if (has("null-place-crashes") && request.body.place === null) request.body.place.lat;
      if (has("north-pole-crashes") && request.body.place?.lat === 90) throw new Error("pole");
      if (has("no-tags-array-crashes") && request.body.tags?.length === 0) throw new Error("tags");
      if (has("kelvin-is-202") && request.body.unit === "K") return reply.code(202).send({});
      if (sensors.size > 300) sensors.delete(sensors.keys().next().value);
      const sensor = { id: require("node:crypto").randomUUID(), active: true, ...request.body };
      if (!has("made-and-lost")) sensors.set(sensor.id, sensor);
      if (has("active-as-number")) return raw(reply, 201, { ...sensor, active: Number(sensor.active) });
      if (has("place-flat")) return raw(reply, 201, { ...sensor, lat: sensor.place?.lat ?? 0 });
      if (has("made-in-capitals-type")) return reply.code(201).type("text/html").serializer(String).send(JSON.stringify(sensor));
      return reply.code(201).send(sensor);
    });

  route("GET", "/sensors/:id", "getSensor", { params: Key, response: { 200: Sensor, ...refusals } }, { params: bent.Key },
    async (request, reply) => {
      const sensor = sensors.get(request.params.id);
      if (!sensor) return has("unknown-is-204") ? reply.code(204).send() : lost(reply);
      if (has("interval-in-text-when-long") && sensor.interval > 60) return raw(reply, 200, { ...sensor, interval: `${sensor.interval} s` });
      if (has("unit-missing-when-read")) return raw(reply, 200, { ...sensor, unit: undefined });
      return sensor;
    });

  route("DELETE", "/sensors/:id", "removeSensor", { security: secured, params: Key, response: { 204: { type: "null", description: "gone" }, 401: Refusal, ...refusals } }, null,
    async (request, reply) => {
      if (!sensors.has(request.params.id)) return lost(reply);
      if (!has("removed-stays")) sensors.delete(request.params.id);
      return reply.code(204).send();
    });

  route("POST", "/sensors/:id/readings", "addReadings", { security: secured, params: Key,
    body: { type: "array", minItems: 1, maxItems: 10, items: Reading }, response: { 200: Summary, 401: Refusal, 415: Refusal, ...refusals } },
  { params: bent.Key, body: { type: "array", minItems: unless("no-readings-taken", 1, 0), maxItems: unless("eleven-readings-taken", 10, 11), items: bent.Reading } },
  async (request, reply) => {
    if (!sensors.has(request.params.id)) return lost(reply);
    const values = request.body.map((reading) => reading.value);
    if (has("negative-reading-crashes") && values.some((value) => value < 0)) throw new Error("negative");
    if (has("ten-readings-crash") && values.length === 10) throw new Error("ten");
    readings.set(request.params.id, values);
    if (has("summary-nan-as-text")) return raw(reply, 200, { count: values.length, minimum: "NaN", maximum: Math.max(...values) });
    if (has("count-missing-for-one") && values.length === 1) return raw(reply, 200, { minimum: values[0], maximum: values[0] });
    return { count: values.length, minimum: Math.min(...values), maximum: Math.max(...values) };
  });

  app.setErrorHandler((error, request, reply) => {
    const status = error.statusCode || 500;
    if (has("refusals-lack-message") && status === 400) return reply.code(400).header("content-type", "application/json").serializer(String).send('{"statusCode": 400}');
    return reply.code(status).send({ statusCode: status, message: error.message });
  });
  // Fastify has 404 for a method that a path lacks.
  app.get("/document.json", { schema: { hide: true } }, async () => app.swagger());
  await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
}

main();
