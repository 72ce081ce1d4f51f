//! Parameters: every location, style, explode and type.

use counterfoil_server::StubServer;
use serde_json::{Value, json};

use crate::stub::{Stub, contract};

/// A parameter `c` that has to be one value, and how that value is sent.
struct Cell {
    parameter: Value,
    value: Value,
    /// As it is sent: path segment, query, header or cookie.
    sent: &'static str,
    /// What means something else, and the beginning of why it is refused.
    wrong: (&'static str, &'static str),
}

/// A cell of the table of styles.
fn cell(
    (style, explode): (&str, bool),
    (schema, value): (Value, Value),
    sent: &'static str,
    wrong: (&'static str, &'static str),
) -> Cell {
    Cell { parameter: json!({"style": style, "explode": explode, "schema": schema}), value, sent, wrong }
}

fn text() -> (Value, Value) {
    (json!({"type": "string"}), json!("blue"))
}

fn number() -> (Value, Value) {
    (json!({"type": "integer"}), json!(-7))
}

fn list() -> (Value, Value) {
    (json!({"type": "array", "items": {"type": "string"}}), json!(["blue", "black"]))
}

fn numbers() -> (Value, Value) {
    (json!({"type": "array", "items": {"type": "integer"}}), json!([1, 2]))
}

fn object() -> (Value, Value) {
    let schema = json!({"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "string"}}});
    (schema, json!({"R": 100, "G": "x"}))
}

/// Asks a stub with an operation for each cell: what is sent right is valid, what is sent wrong is refused and why.
async fn walk(location: &str, cells: Vec<Cell>) {
    let mut paths = serde_json::Map::new();
    for (number, cell) in cells.iter().enumerate() {
        let mut parameter = cell.parameter.clone();
        parameter["name"] = json!("c");
        parameter["in"] = json!(location);
        parameter["required"] = json!(true);
        let schema = match parameter.get("schema") {
            Some(_) => &mut parameter["schema"],
            None => &mut parameter["content"]["application/json"]["schema"],
        };
        *schema = json!({"allOf": [schema.take(), {"const": cell.value}]});
        // What types the wire has is said by the schema itself, not only by its parts.
        let types = schema["allOf"][0]["type"].clone();
        if !types.is_null() {
            schema["type"] = types;
        }
        let path = if location == "path" { format!("/{number}/{{c}}") } else { format!("/{number}") };
        let operation = json!({"parameters": [parameter], "responses": {"200": {"description": "ok"}}});
        paths.insert(path, json!({"get": operation}));
    }
    let document = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths});
    let stub = Stub::start(StubServer::builder(contract(document.to_string().as_bytes()))).await;
    for (number, cell) in cells.iter().enumerate() {
        let ask = async |sent: &str| {
            let (target, headers) = match location {
                "path" => (format!("/{number}/{sent}"), vec![]),
                "query" => (format!("/{number}?{sent}"), vec![]),
                "header" => (format!("/{number}"), vec![("c", sent)]),
                _ => (format!("/{number}"), vec![("cookie", sent)]),
            };
            stub.send(&format!("GET {target}"), &headers, "").await
        };
        let about = format!("{} {} {}", cell.parameter, cell.value, cell.sent);
        let right = ask(cell.sent).await;
        assert_eq!((right.status, right.header("counterfoil-reason")), (200, ""), "{about}");
        let (sent, why) = cell.wrong;
        let wrong = ask(sent).await;
        let reason = wrong.header("counterfoil-reason");
        let expected = format!("{location}.c{why}");
        assert!(wrong.status == 400 && reason.starts_with(&expected), "{about}: {} {reason}", wrong.status);
    }
}

#[tokio::test]
async fn row_path_parameters_every_style_explode_and_type() {
    const TYPE: &str = ": \"x\" is not of type \"integer\"";
    const CONST: &str = ": ";
    walk(
        "path",
        vec![
            cell(("simple", false), text(), "blue", ("black", CONST)),
            cell(("simple", false), text(), "bl%75e", ("bl%2575e", CONST)),
            cell(("simple", false), number(), "-7", ("x", TYPE)),
            cell(("simple", false), list(), "blue,black", ("blue;black", CONST)),
            cell(("simple", true), list(), "blue,black", ("black,blue", CONST)),
            cell(("simple", false), numbers(), "1,2", ("1,x", "/1: \"x\" is not of type \"integer\"")),
            cell(("simple", false), object(), "R,100,G,x", ("R,x,G,x", "/R: \"x\" is not of type")),
            cell(("simple", true), object(), "R=100,G=x", ("R=x,G=x", "/R: \"x\" is not of type")),
            cell(("label", false), text(), ".blue", (".black", CONST)),
            cell(("label", false), number(), ".-7", (".x", TYPE)),
            cell(("label", false), list(), ".blue,black", (".blue", CONST)),
            cell(("label", true), list(), ".blue.black", (".blue,black", CONST)),
            cell(("label", true), object(), ".R=100.G=x", (".R=x.G=x", "/R: \"x\" is not of type")),
            cell(("matrix", false), text(), ";c=blue", (";c=black", CONST)),
            cell(("matrix", false), number(), ";c=-7", (";c=x", TYPE)),
            cell(("matrix", false), list(), ";c=blue,black", (";c=blue", CONST)),
            cell(("matrix", true), list(), ";c=blue;c=black", (";c=blue", CONST)),
            cell(("matrix", false), object(), ";c=R,100,G,x", (";c=R,x,G,x", "/R: \"x\" is not of type")),
            cell(("matrix", true), object(), ";R=100;G=x", (";R=x;G=x", "/R: \"x\" is not of type")),
        ],
    )
    .await;
}

#[tokio::test]
async fn row_query_parameters_every_style_explode_and_type() {
    const R: &str = "/R: \"x\" is not of type \"integer\"";
    walk(
        "query",
        vec![
            cell(("form", true), text(), "c=blue", ("c=black", ": ")),
            cell(("form", true), text(), "c=bl%75e&d=%zz", ("d=blue", ": it is required")),
            cell(("form", true), number(), "c=-7", ("c=x", ": \"x\" is not of type \"integer\"")),
            cell(("form", true), list(), "c=blue&c=black", ("c=blue,black", ": ")),
            cell(("form", false), list(), "c=blue,black", ("c=blue", ": ")),
            cell(("form", false), numbers(), "c=1,2", ("c=1,x", "/1: \"x\" is not of type")),
            cell(("form", true), object(), "R=100&G=x", ("R=x&G=x", R)),
            cell(("form", false), object(), "c=R,100,G,x", ("c=R,x,G,x", R)),
            cell(("spaceDelimited", false), list(), "c=blue%20black", ("c=blue,black", ": ")),
            cell(("pipeDelimited", false), list(), "c=blue%7Cblack", ("c=blue,black", ": ")),
            cell(("pipeDelimited", false), list(), "c=blue|black", ("c=blue", ": ")),
            cell(("pipeDelimited", false), object(), "c=R|100|G|x", ("c=R|x|G|x", R)),
            cell(("deepObject", true), object(), "c[R]=100&c[G]=x", ("c[R]=x&c[G]=x", R)),
            cell(
                ("deepObject", true),
                object(),
                "c%5BR%5D=100&c%5BG%5D=x",
                ("R=100&G=x", ": it is required"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn row_query_parameters_deep_object_nesting() {
    let leaf = json!({"type": "integer"});
    let nested = json!({"type": "object", "properties": {
        "a": {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": leaf}}}},
        "list": {"type": "array", "items": leaf},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"n": leaf}}}
    }});
    let deep = || ("deepObject", true);
    walk(
        "query",
        vec![
            cell(
                deep(),
                (nested.clone(), json!({"a": {"b": {"c": 1}}})),
                "c[a][b][c]=1",
                ("c[a][b][c]=x", "/a/b/c: \"x\" is not"),
            ),
            cell(
                deep(),
                (nested.clone(), json!({"list": [1, 2]})),
                "c[list]=1&c[list]=2",
                ("c[list]=x", "/list"),
            ),
            cell(
                deep(),
                (nested.clone(), json!({"list": [1, 2]})),
                "c[list][]=1&c[list][]=2",
                ("c[list][]=x", "/list"),
            ),
            cell(
                deep(),
                (nested.clone(), json!({"list": [1, 2]})),
                "c[list][0]=1&c[list][1]=2",
                ("c[list][0]=x", "/list"),
            ),
            cell(
                deep(),
                (nested, json!({"rows": [{"n": 1}, {"n": 2}]})),
                "c[rows][0][n]=1&c[rows][1][n]=2",
                ("c[rows][0][n]=x", "/rows/0/n: \"x\" is not"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn row_query_parameters_allow_reserved() {
    let reserved = json!("a/b?c:d@e!$'()*,;");
    let parameter = || json!({"allowReserved": true, "schema": {"type": "string"}});
    walk(
        "query",
        vec![
            Cell {
                parameter: parameter(),
                value: reserved.clone(),
                sent: "c=a/b?c:d@e!$'()*,;",
                wrong: ("c=a", ": "),
            },
            Cell {
                parameter: parameter(),
                value: reserved,
                sent: "c=a%2Fb%3Fc%3Ad%40e!$'()*,;",
                wrong: ("c=b", ": "),
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn row_header_parameters_every_explode_and_type() {
    const R: &str = "/R: \"x\" is not of type \"integer\"";
    walk(
        "header",
        vec![
            cell(("simple", false), text(), "blue", ("black", ": ")),
            cell(("simple", false), number(), " -7 ", ("x", ": \"x\" is not of type")),
            cell(("simple", false), list(), "blue, black", ("blue", ": ")),
            cell(("simple", true), list(), "blue,black", ("black,blue", ": ")),
            cell(("simple", false), object(), "R,100,G,x", ("R,x,G,x", R)),
            cell(("simple", true), object(), "R=100,G=x", ("R=x,G=x", R)),
        ],
    )
    .await;
}

#[tokio::test]
async fn row_cookie_parameters_every_explode_and_type() {
    // The value of a cookie is not quoted.
    const R: &str = "/R: \"***\" is not of type \"integer\"";
    walk(
        "cookie",
        vec![
            cell(("form", true), text(), "a=1; c=blue; b=2", ("a=blue", ": it is required")),
            cell(("form", true), number(), "c=-7", ("c=x", ": \"***\" is not of type")),
            cell(("form", false), list(), "c=blue,black", ("c=blue", ": ")),
            cell(("form", true), list(), "c=blue; c=black", ("c=blue", ": ")),
            cell(("form", false), object(), "c=R,100,G,x", ("c=R,100,G,y", ": ")),
            cell(("form", true), object(), "R=100; G=x", ("R=x; G=x", R)),
        ],
    )
    .await;
}

#[tokio::test]
async fn row_content_typed_parameters() {
    let value = json!({"a": [1, {"b": "c d"}]});
    let cell = |sent, wrong| Cell {
        parameter: json!({"content": {"application/json": {"schema": {"type": "object"}}}}),
        value: value.clone(),
        sent,
        wrong,
    };
    let why = ": not JSON: ";
    let query = "c=%7B%22a%22%3A%5B1%2C%7B%22b%22%3A%22c%20d%22%7D%5D%7D";
    walk("query", vec![cell(query, ("c=%7B", why)), cell(query, ("c=%7B%7D", ": "))]).await;
    walk("path", vec![cell(&query[2..], ("%7B", why))]).await;
    walk("header", vec![cell(r#"{"a": [1, {"b": "c d"}]}"#, ("{", why))]).await;
    walk("cookie", vec![cell(query, ("c=%7B", why))]).await;
}
