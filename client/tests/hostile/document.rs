// A document whose names and texts are an attack on whoever makes code of them. The build script generates its client
// as well, so that the tests cannot be compiled unless that can.

/// What names may be: keywords, types of the prelude, white space, controls, ends of comments and of attributes.
const NAMES: [&str; 40] = [
    "fn",
    "self",
    "Self",
    "crate",
    "super",
    "type",
    "Type",
    "type_",
    "r#fn",
    "async",
    "gen",
    "union",
    "dyn",
    "_",
    "",
    " ",
    "0",
    "a\0b",
    "\u{202e}evil\u{202c}",
    "\u{feff}",
    "*/ x",
    "/*",
    "`a`",
    "```",
    "\"",
    "\\",
    "{}",
    "{0}",
    "%s",
    "String",
    "Option",
    "foo-bar",
    "foo_bar",
    "fooBar",
    "extra",
    "../../x",
    "\"] #[doc = include_str!(\"/etc/passwd\")] #[x = \"",
    "]] }} pub fn evil() {",
    "\r\n//! evil",
    "größe 类型 '",
];

/// What texts may be: examples that rustdoc would run, in every way it knows, and ends of whatever they stand in.
const TEXT: &str = "Text.\n\n```rust\nstd::fs::write(\"MARKER\", \"x\").unwrap();\n```\n\n```\nstd::fs::write(\"MARKER\", \
    \"x\").unwrap();\n```\n\n    std::fs::write(\"MARKER\", \"x\").unwrap();\n\n> ```\n> panic!()\n> ```\n\n- a\n\n      \
    panic!()\n\n~~~rust,should_panic\npanic!()\n~~~\n\n<pre>\n```\npanic!()\n```\n</pre>\n\n*/ \u{202e} \0 #[doc = \"x\"] \
    [x](file:///etc/passwd) <script>alert(1)</script>\r//! evil\n\r```\n\r\nstd::fs::write(\"MARKER\", \"x\").unwrap();";

/// The names, but for the long one.
pub(crate) fn names() -> Vec<String> {
    NAMES.iter().map(|name| (*name).to_owned()).collect()
}

/// The document, as JSON.
pub(crate) fn document() -> String {
    let long = "n".repeat(100_000);
    let mut names = names();
    names.push(long.clone());
    let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
    let text = quote(TEXT);
    let each = |of: &dyn Fn(&String) -> String| quoted.iter().map(of).collect::<Vec<_>>().join(",");
    let values = quoted[..NAMES.len()].join(",");
    let schemas = each(&|name| {
        format!(
            "{name}:{{\"type\":\"object\",\"title\":{name},\"description\":{text},\"properties\":{{\"a\":{{\"type\":\"string\"}}}}}}"
        )
    });
    let properties =
        each(&|name| format!("{name}:{{\"type\":\"string\",\"description\":{text},\"default\":{name}}}"));
    let parameters = ["query", "header", "cookie"].map(|place| {
        each(&|name| {
            format!("{{\"name\":{name},\"in\":\"{place}\",\"description\":{text},\"schema\":{{\"$ref\":\"#/components/schemas/Choice\"}}}}")
        })
    });
    let responses = format!(
        "\"responses\":{{\"200\":{{\"description\":{text},\"content\":{{\"application/json\":{{\"schema\":{{\"$ref\":\"#/components/schemas/Members\"}}}}}}}},\
         \"204\":{{\"description\":{text}}},\"4XX\":{{\"description\":{text},\"content\":{{{}:{{}}}}}},\"default\":{{\"description\":{text},\"content\":{{\"text/plain\":{{}}}}}}}}",
        quoted[0]
    );
    let mut index = 0;
    let paths = quoted
        .iter()
        .map(|name| {
            index += 1;
            let inner = &name[1..name.len() - 1];
            format!(
                "\"/{index}/{{id}}/{inner}\":{{\"post\":{{\"operationId\":{name},\"summary\":{name},\"description\":{text},\"tags\":[{name}],\
                 \"requestBody\":{{\"description\":{text},\"content\":{{\"application/json\":{{\"schema\":{{\"$ref\":\"#/components/schemas/Members\"}}}},{name}:{{}}}}}},{responses}}}}}"
            )
        })
        .collect::<Vec<_>>()
        .join(",");
    let schemes = each(&|name| {
        format!("{name}:{{\"type\":\"apiKey\",\"in\":\"header\",\"name\":{name},\"description\":{text}}}")
    });
    format!(
        "{{\"openapi\":\"3.0.3\",\"info\":{{\"title\":\"../../x */ ``` \\u202e\",\"description\":{text},\"termsOfService\":{text},\"version\":{text}}},\
         \"paths\":{{\"/all\":{{\"get\":{{\"operationId\":\"all\",\"parameters\":[{},{{\"name\":\"l\",\"in\":\"query\",\"schema\":{{\"$ref\":\"#/components/schemas/LongChoice\"}}}}],{responses}}}}},{paths}}},\
         \"components\":{{\"securitySchemes\":{{{schemes}}},\"schemas\":{{\
         \"Members\":{{\"type\":\"object\",\"description\":{text},\"properties\":{{{properties}}},\"required\":[{values}]}},\
         \"LongChoice\":{{\"type\":\"string\",\"enum\":[\"{long}\"]}},\"Choice\":{{\"type\":\"string\",\"description\":{text},\"enum\":[{values}]}},{schemas}}}}}}}",
        parameters.join(",")
    )
}

/// A text as JSON.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if u32::from(character) < 32 => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(character)))
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
