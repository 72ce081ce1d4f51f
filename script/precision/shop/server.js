// A shop: Express, requests validated by express-openapi-validator against the document.
const { randomUUID } = require("node:crypto");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const express = require("express");
const yaml = require("js-yaml");
const OpenApiValidator = require("express-openapi-validator");

const defects = new Set((process.env.DEFECT || "").split(","));
// Whether a defect is switched on.
const has = (defect) => defects.has(defect);

const document = yaml.load(readFileSync(path.join(__dirname, "document.yaml"), "utf8"));
const held = structuredClone(document);
const schemas = held.components.schemas;
const at = (name) => held.paths[name];
const query = (name) => at("/products").get.parameters.find((parameter) => parameter.name === name).schema;

// Defects of validation: the rule is missing from what the server validates by.
if (has("stock-minus-one-taken")) schemas.NewProduct.properties.stock.minimum = -1;
if (has("stock-10000-taken")) schemas.NewProduct.properties.stock.maximum = 10000;
if (has("long-name-taken")) schemas.NewProduct.properties.name.maxLength = 61;
if (has("empty-name-taken")) delete schemas.NewProduct.properties.name.minLength;
if (has("sku-unanchored-end")) schemas.NewProduct.properties.sku.pattern = "^[A-Z]{2}-[0-9]{4}";
if (has("currency-in-lower-case-taken")) schemas.Money.properties.currency.pattern = "^[A-Za-z]{3}$";
if (has("price-without-currency-taken")) schemas.Money.required = ["amount"];
if (has("price-unknown-member-taken")) delete schemas.Money.additionalProperties;
if (has("four-images-taken")) schemas.NewProduct.properties.images.maxItems = 4;
if (has("image-no-uri-taken")) delete schemas.NewProduct.properties.images.items.format;
if (has("width-zero-taken")) schemas.NewProduct.properties.dimensions.properties.width.minimum = 0;
if (has("dimensions-without-height-taken")) schemas.NewProduct.properties.dimensions.required = ["width"];
if (has("any-category-taken")) delete schemas.Category.enum;
if (has("no-lines-taken")) delete schemas.NewOrder.properties.lines.minItems;
if (has("six-lines-taken")) schemas.NewOrder.properties.lines.maxItems = 6;
if (has("quantity-zero-taken")) schemas.NewOrder.properties.lines.items.properties.quantity.minimum = 0;
if (has("quantity-fraction-taken")) schemas.NewOrder.properties.lines.items.properties.quantity.type = "number";
if (has("card-number-short-taken")) schemas.Card.properties.number.pattern = "^[0-9]{11,16}$";
if (has("card-with-email-taken")) delete schemas.Card.additionalProperties;
if (has("any-email-taken")) delete schemas.Invoice.properties.email.format;
if (has("payment-not-required")) schemas.NewOrder.required = ["lines"];
if (has("order-key-not-required")) at("/orders").post.parameters[0].required = false;
if (has("order-key-short-taken")) at("/orders").post.parameters[0].schema.minLength = 1;
if (has("order-id-any-text-taken")) delete at("/orders/{orderId}").get.parameters[0].schema.format;
if (has("limit-26-taken")) query("limit").maximum = 26;
if (has("limit-zero-taken")) query("limit").minimum = 0;
if (has("cursor-any-taken")) delete query("cursor").pattern;
if (has("four-categories-taken")) delete query("category").maxItems;
if (has("key-not-asked-on-delete")) at("/products/{productId}").delete.security = [];
if (has("key-not-asked-on-order")) at("/orders").post.security = [];
if (has("product-id-zero-taken")) at("/products/{productId}").parameters[0].schema.minimum = 0;
if (has("description-null-refused")) schemas.NewProduct.properties.description.nullable = false;
if (has("category-books-refused")) schemas.Category.enum = ["tools", "toys"];
if (has("longest-name-refused")) schemas.NewProduct.properties.name.maxLength = 59;
if (has("sku-required")) schemas.NewProduct.required.push("sku");

const app = express();
const products = new Map();
const orders = new Map();
let last = 0;
let served = 0;

app.disable("x-powered-by");
// A body of nothing is no JSON, which Express would leave out.
app.use(express.json({ strict: false, limit: "1mb" }));

app.use((request, response, next) => {
  served += 1;
  if (has("one-in-thirty-fails") && served % 30 === 0) return response.status(500).json({ message: "flaky" });
  if (has("crash-on-quantity-99") && request.body?.lines?.some?.((line) => line?.quantity === 99)) {
    return request.socket.destroy();
  }
  next();
});

app.use(OpenApiValidator.middleware({
  apiSpec: held,
  validateRequests: true,
  validateResponses: false,
  validateSecurity: {
    handlers: {
      key: (request) => {
        if (has("any-key-taken-on-put") && request.method === "PUT") return true;
        return request.headers["x-api-key"] === "shop-key";
      },
    },
  },
}));

const shown = (product) => {
  const body = { ...product };
  if (has("price-as-number") && body.price.amount === 0) body.price = 0;
  if (has("created-at-as-number")) body.created_at = Date.parse(body.created_at);
  if (has("stock-as-text") && body.stock !== undefined) body.stock = String(body.stock);
  if (has("id-zero-shown")) body.id = 0;
  return body;
};

app.get("/products", (request, response) => {
  const { category, min_price: least, limit, cursor, in_stock: stock } = request.query;
  if (has("three-categories-crash") && category?.length === 3) throw new Error("three");
  if (has("free-crashes") && least === 0) throw new Error("free");
  if (has("not-in-stock-crashes") && stock === false) throw new Error("none");
  const from = cursor ? parseInt(cursor, 16) : 0;
  const found = [...products.values()].filter((product) => product.id > from
    && (!category || [].concat(category).includes(product.category))
    && (least === undefined || product.price.amount >= least));
  const data = found.slice(0, has("limit-ignored") ? 25 : limit).map(shown);
  const more = found.length > data.length;
  const body = { data, has_more: more, next_cursor: more ? data.at(-1).id.toString(16).padStart(6, "0") : null };
  if (has("has-more-missing-at-the-end") && !more) delete body.has_more;
  if (has("next-cursor-empty-at-the-end") && !more) body.next_cursor = "";
  if (has("data-null-when-empty") && data.length === 0) body.data = null;
  if (has("list-bare-with-cursor") && cursor) return response.json(data);
  response.json(body);
});

app.post("/products", (request, response) => {
  if (has("duplicate-sku-crashes") && request.body.sku
    && [...products.values()].some((product) => product.sku === request.body.sku)) throw new Error("sku");
  if ([...products.values()].some((product) => product.sku && product.sku === request.body.sku)) {
    return response.status(409).json({ message: "the SKU is taken" });
  }
  last += 1;
  if (products.size > 500) products.delete(products.keys().next().value);
  const product = { id: last, ...request.body, created_at: new Date().toISOString() };
  if (has("no-stock-product-lost") ? product.stock !== undefined : true) products.set(last, product);
  if (!has("location-missing")) {
    response.set("Location", has("location-of-another") ? `/products/${last + 1000000}` : `/products/${last}`);
  }
  if (has("made-as-html")) return response.status(201).send("<p>made</p>");
  if (has("made-without-body")) return response.status(201).end();
  response.status(201).json(shown(product));
});

app.get("/products/:id", (request, response) => {
  const product = products.get(Number(request.params.id));
  if (!product) {
    if (has("unknown-product-null")) return response.json(null);
    if (has("unknown-product-410")) return response.status(410).json({ message: "gone" });
    if (has("unknown-product-crashes")) throw new TypeError("undefined");
    return response.status(404).json({ message: "no such product" });
  }
  if (has("great-id-as-text") && product.id > 3) return response.json({ ...shown(product), id: String(product.id) });
  response.json(shown(product));
});

app.put("/products/:id", (request, response) => {
  const id = Number(request.params.id);
  const old = products.get(id);
  if (!old) {
    if (has("put-makes-one")) return response.status(201).json({ id, ...request.body, created_at: new Date().toISOString() });
    return response.status(404).json({ message: "no such product" });
  }
  if ([...products.values()].some((product) => product.id !== id && product.sku && product.sku === request.body.sku)) {
    return response.status(409).json({ message: "the SKU is taken" });
  }
  const product = { id, ...request.body, created_at: old.created_at };
  products.set(id, product);
  const body = shown(product);
  if (has("replaced-lacks-category")) delete body.category;
  response.json(body);
});

app.delete("/products/:id", (request, response) => {
  if (!products.has(Number(request.params.id))) return response.status(404).json({ message: "no such product" });
  if (!has("deleted-stays")) products.delete(Number(request.params.id));
  if (has("deleted-with-200")) return response.status(200).json({});
  response.status(204).end();
});

app.post("/orders", (request, response) => {
  const { lines, payment, comment } = request.body;
  const order = { id: randomUUID(), state: "open", lines, total: 0, ...(comment === undefined ? {} : { comment }) };
  if (has("invoice-crashes") && payment.method === "invoice") throw new Error("invoice");
  if (has("total-negative-for-many")) order.total = 4 - lines.length;
  if (has("state-in-capitals")) order.state = "OPEN";
  if (has("order-answers-200")) return response.json(order);
  if (orders.size > 500) orders.delete(orders.keys().next().value);
  if (!has("orders-lost")) orders.set(order.id, order);
  response.status(201).json(order);
});

app.get("/orders/:id", (request, response) => {
  const order = orders.get(request.params.id.toLowerCase());
  if (!order) return response.status(404).json({ message: "no such order" });
  response.json(has("order-read-without-lines") ? { ...order, lines: undefined } : order);
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  const status = error.status || 500;
  if (status === 405) response.set("Allow", Object.keys(at(methodsOf(request.path)) || {}).filter((name) => name !== "parameters").join(", ").toUpperCase());
  if (has("refusals-without-message") && status === 400) return response.status(status).json({ errors: [] });
  if (has("refusals-as-422") && status === 400) return response.status(422).json({ message: error.message });
  response.status(status).json({ message: error.message, errors: (error.errors || []).map(({ path: where, message }) => ({ path: String(where), message })) });
});

function methodsOf(target) {
  const [first, second] = target.split("/").filter(Boolean);
  if (second === undefined) return `/${first}`;
  return first === "products" ? "/products/{productId}" : "/orders/{orderId}";
}

app.listen(Number(process.argv[2]), "127.0.0.1");
