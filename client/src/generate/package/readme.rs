//! What a crate says of itself, with an example that runs.

use counterfoil_openapi::{Contract, Finding, SecuritySchemeKind, StatusPattern};
use serde_json::Value;

use super::super::names::Names;
use super::super::plan::Method;
use super::super::prose;
use super::super::stub::{Statuses, base_path};

/// The most findings that are listed; the rest are counted.
const MAX_LISTED: usize = 200;

/// A program that makes a client and, where one can be called without more, calls an operation.
pub(super) fn example(contract: &Contract, name: &str, methods: &[&Method<'_>]) -> String {
    let library = name.replace('-', "_");
    let base = format!("http://127.0.0.1:4010{}", base_path(contract));
    let scheme = credential(contract);
    let (import, client) = match &scheme {
        Some(security) => {
            ("Client, Security", format!("Client::with_security(base, Security::default(){security})?"))
        }
        None => ("Client", "Client::new(base)?".to_owned()),
    };
    let callable = methods
        .iter()
        .filter(|method| method.body.as_ref().is_none_or(|body| !body.required))
        .filter_map(|method| Some((method, arguments(method)?)))
        .min_by_key(|(method, _)| method.operation.method() != http::Method::GET);
    let call = match callable {
        Some((method, arguments)) => format!(
            "    let reply = client.{}({}).await?;\n    println!(\"{{}}\", reply.status());\n",
            method.ident,
            arguments.join(", ")
        ),
        None => "    println!(\"{client:?}\");\n".to_owned(),
    };
    format!(
        "//! A first call, to what `counterfoil mock` serves.\n\nuse {library}::{{{import}}};\n\n\
         #[tokio::main(flavor = \"current_thread\")]\n\
         async fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    let base = \"{base}\";\n    \
         let client = {client};\n{call}    Ok(())\n}}\n"
    )
    .replace("{Client}", "Client")
}

/// A call of the first scheme's method.
fn credential(contract: &Contract) -> Option<String> {
    let mut names = Names::without(&["apply", "basic_text", "clone", "default", "eq", "fmt", "new", "with"]);
    for scheme in contract.security_schemes() {
        let name = names.snake(&scheme.name, "scheme");
        match &scheme.kind {
            SecuritySchemeKind::Http { scheme } if scheme == "basic" => {
                return Some(format!(".{name}(\"user\", \"password\")"));
            }
            SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unknown(_) => {}
            _ => return Some(format!(".{name}(\"secret\")")),
        }
    }
    None
}

/// Arguments for a method, where each is of a type that a literal can be of.
fn arguments(method: &Method<'_>) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    for input in &method.inputs {
        arguments.push(match (input.required, scalar(&input.schema)?) {
            (false, _) => "None".to_owned(),
            (true, "integer") => "1".to_owned(),
            (true, "number") => "1.0".to_owned(),
            (true, "boolean") => "true".to_owned(),
            (true, "string") => "\"a\"".to_owned(),
            _ => return None,
        });
    }
    if method.body.is_some() {
        arguments.push("None".to_owned());
    }
    // The type of what is left out is only known where it is no parameter of the method's own.
    let is_known =
        method.body.as_ref().is_none_or(|body| !matches!(body.kind, super::super::plan::BodyKind::Raw));
    is_known.then_some(arguments)
}

/// The type of a scalar; of anything else something that no literal is of.
fn scalar(schema: &Value) -> Option<&str> {
    if schema.get("nullable").is_some() {
        return Some("other");
    }
    match (schema["type"].as_str(), schema.get("format")) {
        (Some("string"), Some(_)) | (None, _) => Some("other"),
        (kind, _) => kind,
    }
}

/// How a stub is told what to answer, by the example of one operation.
fn script(statuses: &[Statuses]) -> String {
    let exact = |of: &'_ Statuses| {
        let mut exact = of.all.iter().filter(|(status, _)| matches!(status, StatusPattern::Exact(200..600)));
        exact.next_back().map(|(_, name)| name.clone())
    };
    let Some((of, last)) = statuses.iter().find_map(|of| Some((of, exact(of)?))) else {
        return String::new();
    };
    let Statuses { module, operation, .. } = of;
    format!(
        "```rust\nlet stub = Stub::connect(\"http://127.0.0.1:4011\").await?;\n\
         stub.on::<{operation}>().reply({module}::{last}::example()).expect(1).await?;\n\
         let client = stub.client()?;\n```\n\n\
         `reply` takes what has a body of your own, too, and `when` takes conditions on parameters and bodies.\n"
    )
}

/// The page about the crate.
pub(super) fn readme(
    contract: &Contract,
    name: &str,
    title: &str,
    example: &str,
    methods: &[&Method<'_>],
    statuses: &[Statuses],
    findings: &[Finding],
) -> String {
    let count = contract.operations().len();
    let mut text = format!(
        "# {name}\n\nA client of {title}, made by `counterfoil client`. It has methods for {} of {count} operations.\n\n\
         ## Use\n\n```toml\n[dependencies]\n{name} = {{ path = \"…\" }}\n```\n\n\
         The program in [examples/first_call.rs](examples/first_call.rs) runs against `counterfoil mock`:\n\n\
         ```rust\n{example}```\n\n```sh\ncargo run --example first_call\n```\n\n\
         - A method takes the parameters of its operation: those of the path, then the required ones, then the others\n  \
         as `Option`s, then the body.\n\
         - Where replies differ by status, an enum of `replies` tells them apart.\n\
         - `Security` has a method for each security scheme; `Settings` has time-outs and retries.\n\
         - Bounds, patterns and defaults are the server's affair: a client takes what it really sends.\n\n\
         ## Script a stub\n\n\
         With the feature `stub`, the module of that name tells a running `counterfoil mock` what to answer, in the types\n\
         of this crate: a rule that the document does not admit does not compile, or is refused with the reason. Each\n\
         handle has a session of its own, so that tests run at once; what was expected of its rules is checked when it is\n\
         dropped.\n\n{}",
        methods.len(),
        script(statuses)
    );
    if !findings.is_empty() {
        text.push_str("\n## What it does not express\n\n");
        for finding in findings.iter().take(MAX_LISTED) {
            let words: Vec<&str> = finding.message.split_whitespace().collect();
            let message = prose::as_doc_comment(&words.join(" "));
            text.push_str(&format!("- {}: {message}\n", prose::as_code(finding.pointer.as_str())));
        }
        if findings.len() > MAX_LISTED {
            text.push_str(&format!("- and {} more\n", findings.len() - MAX_LISTED));
        }
    }
    text
}
