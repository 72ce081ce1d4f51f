// Polls: Hono with zod, which also writes the document; statuses and headers by hand, basic auth for the owner.
const { serve } = require("@hono/node-server");
const { OpenAPIHono, createRoute, z } = require("@hono/zod-openapi");

const defects = new Set((process.env.DEFECT || "").split(","));
// Whether a defect is switched on.
const has = (defect) => defects.has(defect);

const Refusal = z.object({ error: z.string() }).openapi("Refusal");
const text = (description) => ({ description, content: { "application/json": { schema: Refusal } } });
const json = (description, schema, headers) => ({ description, headers, content: { "application/json": { schema } } });

// The schemas twice: as documented, and as a defect leaves them.
function schemas(bent) {
  const on = (defect) => bent && has(defect);
  const Choice = z.strictObject({
    label: z.string().min(1).max(on("label-of-21-taken") ? 21 : 20),
    colour: on("colour-any-taken") ? z.string().optional() : z.string().regex(/^#[0-9A-F]{6}$/).optional(),
  });
  const members = {
    question: on("question-not-required") ? z.string().max(60).optional() : z.string().min(on("question-of-two-taken") ? 2 : 3).max(60),
    choices: z.array(Choice).min(on("one-choice-taken") ? 1 : 2).max(on("seven-choices-taken") ? 7 : 6),
    kind: on("kind-any-taken") ? z.string() : z.enum(["single", "many"]),
    closes: on("closes-any-taken") ? z.string().optional() : z.iso.date().optional(),
    weight: z.number().gt(on("weight-zero-taken") ? -1 : 0).lte(10).optional(),
    hidden: on("hidden-text-taken") ? z.union([z.boolean(), z.string()]).optional() : z.boolean().optional(),
    contact: (on("contact-any-taken") ? z.string() : z.email()).nullable().optional(),
  };
  const NewPoll = on("poll-unknown-taken") ? z.object(members) : z.strictObject(members);
  const vote = on("vote-minus-one-taken") ? z.int().min(-1).max(5) : z.int().min(0).max(on("vote-six-taken") ? 6 : 5);
  const Vote = z.union([
    z.strictObject({ type: z.literal("one"), choice: vote }),
    z.strictObject({ type: z.literal("several"), choices: z.array(vote).min(on("no-votes-taken") ? 0 : 1).max(3) }),
    ...(on("vote-without-type-taken") ? [z.strictObject({ choice: vote })] : []),
  ]);
  return { NewPoll, Vote, Choice };
}
const faithful = schemas(false);
const held = schemas(true);
const NewPoll = faithful.NewPoll.openapi("NewPoll");
const Vote = faithful.Vote.openapi("Vote");
const Poll = z.object({
  id: z.string().regex(/^p[0-9]+$/), question: z.string(), kind: z.enum(["single", "many"]),
  choices: z.array(faithful.Choice).min(2), closes: z.iso.date().optional(), weight: z.number().optional(),
  hidden: z.boolean(), contact: z.string().nullable(), votes: z.array(z.int().min(0)),
}).openapi("Poll");
const Id = z.object({ id: z.string().regex(/^p[0-9]{1,9}$/).openapi({ param: { name: "id", in: "path" } }) });

const app = new OpenAPIHono({ defaultHook: (result, context) => {
  if (!result.success) return context.json(has("refusals-in-list") ? [String(result.error.message)] : { error: String(result.error.message) }, 400);
} });
const polls = new Map();
let last = 0;
const lost = (context) => context.json({ error: "no such poll" }, 404);

app.openAPIRegistry.registerComponent("securitySchemes", "owner", { type: "http", scheme: "basic" });
const owner = async (context, next) => {
  const given = context.req.header("authorization");
  const right = `Basic ${Buffer.from("owner:polls").toString("base64")}`;
  const taken = given === right || (has("any-owner-taken") && given?.startsWith("Basic "))
    || (has("removal-for-anybody") && context.req.method === "DELETE")
    || (has("bearer-taken") && given?.startsWith("Bearer "));
  if (!taken) return context.json({ error: "owners only" }, 401, { "WWW-Authenticate": "Basic" });
  await next();
};

// A body that the documented schema refuses and the server's own takes: what a defect of validation is.
const bend = (schema, key) => async (context, next) => {
  if (defects.size > 1 || [...defects][0]) {
    const sent = await context.req.json().catch(() => undefined);
    if (sent !== undefined && key && !schema.safeParse(sent).success && held[key].safeParse(sent).success) {
      return context.json(key === "NewPoll"
        ? { id: "p0", question: "q", kind: "single", choices: [{ label: "a" }, { label: "b" }], hidden: false, contact: null, votes: [] }
        : { accepted: 1 }, key === "NewPoll" ? 201 : 200, key === "NewPoll" ? { Location: "/polls/p0" } : {});
    }
  }
  await next();
};
const typed = async (context, next) => {
  const type = (context.req.header("content-type") || "").split(";")[0].trim().toLowerCase();
  if (type !== "application/json") return context.json({ error: "JSON, please" }, 415);
  await next();
};

app.openapi(createRoute({ method: "get", path: "/polls", operationId: "listPolls", request: { query: z.object({
  kind: z.enum(["single", "many"]).optional(),
  limit: z.string().regex(/^([1-9]|1[0-9]|20)$/).optional(),
  search: z.string().min(2).max(10).optional() }) },
responses: { 200: json("some", z.array(Poll).max(20), { "X-Count": { required: true, schema: { type: "integer", minimum: 0 } } }), 400: text("refused") } }),
(context) => {
  const { kind, limit = "10", search } = context.req.valid("query");
  if (has("backslash-crashes") && search) new RegExp(search);
  if (has("limit-20-crashes") && limit === "20") throw new Error("limit");
  if (has("search-in-turkish-crashes") && search && search.toUpperCase().length !== search.length) throw new Error("length");
  const found = [...polls.values()].filter((poll) => (!kind || poll.kind === kind) && (!search || poll.question.includes(search)));
  const chosen = found.slice(0, has("limit-ignored") ? 20 : Number(limit));
  const count = has("count-negative-when-none") && !chosen.length ? -1 : found.length;
  if (has("many-without-votes") && kind === "many") return context.json([{ ...(chosen[0] ?? {}), votes: undefined }], 200, { "X-Count": String(count) });
  return context.json(chosen, 200, has("count-missing-when-searched") && search ? {} : { "X-Count": String(count) });
});

app.use("/polls", async (context, next) => (context.req.method === "POST" ? owner(context, next) : next()));
app.use("/polls", async (context, next) => (context.req.method === "POST" ? typed(context, next) : next()));
app.use("/polls", async (context, next) => (context.req.method === "POST" ? bend(NewPoll, "NewPoll")(context, next) : next()));
app.openapi(createRoute({ method: "post", path: "/polls", operationId: "addPoll", security: [{ owner: [] }],
  request: { body: { required: true, content: { "application/json": { schema: NewPoll } } } },
  responses: { 201: json("made", Poll, { Location: { required: true, schema: { type: "string" } } }), 400: text("refused"), 401: text("who"), 415: text("type") } }),
(context) => {
  const sent = context.req.valid("json");
  if (has("null-contact-crashes") && sent.contact === null) sent.contact.length;
  if (has("six-choices-crash") && sent.choices.length === 6) throw new Error("six");
  if (has("same-labels-crash") && new Set(sent.choices.map((choice) => choice.label)).size < sent.choices.length) throw new Error("same");
  if (has("tiny-weight-crashes") && sent.weight && 1 / sent.weight > 1000) throw new Error("tiny");
  last += 1;
  if (polls.size > 300) polls.delete(polls.keys().next().value);
  const poll = { id: `p${last}`, hidden: false, contact: null, ...sent, votes: sent.choices.map(() => 0) };
  if (!has("hidden-polls-lost") || !poll.hidden) polls.set(poll.id, poll);
  const body = { ...poll };
  if (has("contact-left-out-when-null") && body.contact === null) delete body.contact;
  if (has("votes-as-object")) body.votes = Object.fromEntries(body.votes.map((count, at) => [at, count]));
  if (has("id-as-number")) body.id = last;
  if (has("closes-as-time") && body.closes) body.closes += "T00:00:00Z";
  if (has("made-as-text")) return context.text(JSON.stringify(body), 201, { Location: `/polls/${poll.id}` });
  return context.json(body, has("made-with-200") ? 200 : 201, { Location: `/polls/${poll.id}` });
});

app.openapi(createRoute({ method: "get", path: "/polls/{id}", operationId: "getPoll", request: { params: Id },
  responses: { 200: json("it", Poll), 400: text("refused"), 404: text("none") } }), (context) => {
  const poll = polls.get(context.req.valid("param").id);
  if (!poll) return has("unknown-poll-crashes") ? context.json({ error: "null" }, 500) : lost(context);
  if (has("kind-in-capitals-when-read")) return context.json({ ...poll, kind: poll.kind.toUpperCase() });
  if (has("choices-cut-when-read")) return context.json({ ...poll, choices: poll.choices.slice(0, 1) });
  return context.json(poll);
});

app.use("/polls/:id", async (context, next) => (context.req.method === "DELETE" ? owner(context, next) : next()));
app.openapi(createRoute({ method: "delete", path: "/polls/{id}", operationId: "removePoll", security: [{ owner: [] }], request: { params: Id },
  responses: { 204: { description: "gone" }, 400: text("refused"), 401: text("who"), 404: text("none") } }), (context) => {
  const { id } = context.req.valid("param");
  if (!polls.has(id)) return has("second-removal-crashes") ? context.json({ error: "null" }, 500) : lost(context);
  if (!has("removed-stays")) polls.delete(id);
  return context.body(null, 204);
});

app.use("/polls/:id/votes", async (context, next) => (context.req.method === "POST" ? typed(context, next) : next()));
app.use("/polls/:id/votes", async (context, next) => (context.req.method === "POST" ? bend(Vote, "Vote")(context, next) : next()));
app.openapi(createRoute({ method: "post", path: "/polls/{id}/votes", operationId: "vote", request: { params: Id,
  body: { required: true, content: { "application/json": { schema: Vote } } } },
responses: { 200: json("counted", z.strictObject({ accepted: z.int().min(1) })), 400: text("refused"), 404: text("none"), 415: text("type") } }), (context) => {
  const poll = polls.get(context.req.valid("param").id);
  if (!poll) return lost(context);
  const sent = context.req.valid("json");
  if (has("vote-beyond-crashes") && sent.type === "one" && sent.choice === 5) throw new Error("beyond");
  if (has("three-votes-crash") && sent.choices?.length === 3) throw new Error("three");
  if (has("several-accepted-as-list") && sent.type === "several") return context.json({ accepted: sent.choices });
  if (has("one-accepted-as-zero") && sent.type === "one" && sent.choice === 0) return context.json({ accepted: 0 });
  return context.json({ accepted: sent.type === "one" ? 1 : sent.choices.length });
});

app.onError((error, context) => {
  // A body that is no JSON.
  if (error.status === 400) return context.json({ error: error.message }, 400);
  return context.json({ error: "it broke" }, 500);
});
app.doc31("/document.json", { openapi: "3.1.0", info: { title: "Polls", version: "1.0.0" } });
serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" });
