//! Failures as Rust tests on the typed client.

use std::fmt;
use std::str::FromStr;

use counterfoil_client::generate::{self, Call, WrittenCall};
use counterfoil_openapi::codec::Payload;
use counterfoil_openapi::validate::{self, Reading, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Location, Operation, Part, Request, Route, Router};
use http::{HeaderName, HeaderValue, Method};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::claim::{Claim, claim};
use super::source;
use crate::replay::{CaseFile, Piece, RecipeBody, RecipeStep, Template, unhex};
use crate::report::one_line;

/// What every file of tests has.
const SUPPORT: &str = include_str!("support.rs.txt");
/// What stands for a secret, and for a value of an earlier reply, where a request is only looked at.
const STAND_IN: &str = "1";
/// Headers that every client writes its own way.
const OWN: [&str; 3] = ["accept", "content-type", "user-agent"];

/// Failures as Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The file.
    pub text: String,
    /// How many failures are calls of the typed client.
    pub typed: usize,
    /// How many are sent raw, since its types do not admit the request or hide the answer.
    pub raw: usize,
    /// What is left out, each in a line: its promise takes the document to judge.
    pub left_out: Vec<String>,
}

/// Failures that cannot be written as Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportError(String);

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExportError {}

/// A file of tests, a `#[tokio::test]` a failure, on the client that
/// [`generate`](counterfoil_client::generate::generate) makes of the document; `client` is the name of its crate, made
/// of the title where there is none.
///
/// Each test sends what the failure was found with, and asserts what the document promises of the answer.
///
/// - What the client's types can say is a call of the client. What they cannot (that is what most broken requests are)
///   is sent by the same transport to the same base URL with the same credentials, and the test says why.
/// - The tests run against `TARGET_URL`, or where the first failure was found. No secret is in them: they are read from
///   the environment, as the curl lines do.
/// - What a status, a media type or the schema of a JSON body does not tell is left out: `counterfoil replay` judges it.
/// - reqwest writes targets its own way: a failure that hangs on that (dot segments, say) may not show.
///
/// # Errors
///
/// When no client can be made of the document.
pub fn to_rust(
    contract: &Contract,
    client: Option<&str>,
    cases: &[CaseFile],
) -> Result<Exported, ExportError> {
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let (mut wanted, mut drafts, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases {
        let Some(draft) = Draft::of(contract, &router, case) else {
            left_out.push(one_line(&format!("{} in {}: {}", case.check, case.label, case.kind)));
            continue;
        };
        wanted.extend(draft.call.clone().ok());
        drafts.push(draft);
    }
    let calls = generate::calls(contract, client, &wanted)
        .map_err(|reason| ExportError(format!("make a client of the document: {}", one_line(&reason))))?;
    let mut written = calls.calls.into_iter();
    let (mut items, mut typed) = (Vec::new(), 0);
    for draft in &drafts {
        let call = match &draft.call {
            Ok(_) => written.next().flatten().ok_or("the client has no method that takes these values"),
            Err(reason) => Err(reason.as_str()),
        };
        typed += usize::from(call.is_ok());
        items.push(draft.test(call));
    }
    let package = format_ident!("{}", calls.package.replace('-', "_"));
    let target = cases.first().map_or("", |case| case.target.as_str());
    let imports = quote! {
        #[allow(unused_imports)]
        use #package::{types, Client, ClientInfo, Error, ResponseValue, Settings};
    };
    let named = quote! {
        #[doc = " Where the failures were found."]
        const TARGET: &str = #target;
    };
    let code: Result<Vec<String>, ExportError> =
        [imports, named].into_iter().chain(items).map(formatted).collect();
    let code = code?.join("\n");
    let raw = drafts.len() - typed;
    let head = head(contract, &calls.package, target, &code, &left_out);
    Ok(Exported { text: format!("{head}\n{code}\n{SUPPORT}"), typed, raw, left_out })
}

/// Items as people write them.
fn formatted(items: TokenStream) -> Result<String, ExportError> {
    let file = syn::parse2(items).map_err(|error| ExportError(format!("write Rust: {error}")))?;
    // Inside of macros there are spaces that nobody writes.
    let lines = prettyplease::unparse(&file);
    let lines = lines.split_inclusive('\n').map(|line| match line.trim_start().strip_prefix("assert!(") {
        Some(rest) if rest.starts_with("matches!(status") => line.replace("..= ", "..="),
        None if line.trim_start().starts_with("matches!(status") => line.replace("..= ", "..="),
        _ => line.to_owned(),
    });
    Ok(lines.collect())
}

/// What the file says of itself.
fn head(contract: &Contract, package: &str, target: &str, code: &str, left_out: &[String]) -> String {
    let document = one_line(contract.document().name());
    let mut lines = vec![
        format!(
            "Failures that `counterfoil test` found in {document}, as tests: each passes once it is mended."
        ),
        String::new(),
        "They belong into `tests/` of a crate with these dependencies:".to_owned(),
        String::new(),
        format!("    {package} = {{ path = \"...\" }}    # counterfoil client {document} --output ..."),
        "    reqwest = { version = \"0.13\", default-features = false }".to_owned(),
        "    serde_json = \"1\"".to_owned(),
        "    tokio = { version = \"1\", features = [\"macros\", \"rt\"] }".to_owned(),
    ];
    for (named, dependency) in [
        ("jsonschema::", "jsonschema = { version = \"0.60\", default-features = false }"),
        ("::chrono::", "chrono = { version = \"0.4\", default-features = false, features = [\"serde\"] }"),
        ("::uuid::", "uuid = { version = \"1\", features = [\"serde\"] }"),
    ] {
        if code.contains(named) {
            lines.push(format!("    {dependency}"));
        }
    }
    lines.push(String::new());
    lines.push(format!("`TARGET_URL` says what they run against, where it is not {}.", one_line(target)));
    if !left_out.is_empty() {
        lines.push(String::new());
        lines
            .push("What these promise takes the document to judge; `counterfoil replay` does it:".to_owned());
        lines.extend(left_out.iter().map(|line| format!("- {line}")));
    }
    lines.iter().map(|line| format!("// {line}").trim_end().to_owned() + "\n").collect()
}

/// A test that is not written yet.
struct Draft<'c> {
    case: &'c CaseFile,
    claim: Claim,
    /// The call that says the same, or why there is none.
    call: Result<Call, String>,
}

impl<'c> Draft<'c> {
    /// The test of a failure; nothing where its promise takes the document to judge.
    fn of(contract: &Contract, router: &Router, case: &'c CaseFile) -> Option<Self> {
        let step = case.recipe.steps.last()?;
        let operation = contract.operation(&step.operation)?;
        let request = looked_at(step)?;
        let reading = match router.find_request(&request) {
            Route::Found(found) if found.operation.id() == operation.id() => {
                validate::request(&found, &request, &RequestRules::default())
            }
            _ => Reading::default(),
        };
        let claim = claim(case, operation, &request, &reading)?;
        let call = match &claim {
            Claim::MediaType(_) | Claim::Body { .. } => {
                Err("the client's types hide what is wrong with the answer".to_owned())
            }
            _ => call(case, operation, &request, &reading),
        };
        Some(Self { case, claim, call })
    }

    fn test(&self, call: Result<WrittenCall, &str>) -> TokenStream {
        let case = self.case;
        let steps = &case.recipe.steps;
        let mut about = vec![format!("`{}` in `{}`: {}", case.check, case.label, case.kind), String::new()];
        about.extend(case.message.lines().map(str::to_owned));
        let (statements, claim) = match (&call, steps.last()) {
            (Ok(call), Some(step)) => {
                let parsed = |text: &str| TokenStream::from_str(text).unwrap_or_default();
                let (before, call, client) = (parsed(&call.before), parsed(&call.call), source::client(step));
                let claim = match &self.claim {
                    Claim::Status(ranges) => source::of_status(ranges),
                    _ => quote!(assert!(status >= 100);),
                };
                (quote!(let client = #client; #before let status = status(#call.await);), claim)
            }
            (Err(reason), _) => {
                about.extend([String::new(), format!("It is sent raw: {reason}.")]);
                let sent = (0..steps.len()).map(|at| source::raw(steps, at));
                (quote!(#(#sent)*), source::of_reply(&self.claim))
            }
            (Ok(_), None) => return TokenStream::new(),
        };
        let about = about
            .iter()
            .map(|line| format!(" {}", one_line(line).replace("*/", "* /")).trim_end().to_owned());
        let name = format_ident!("{}", name(case));
        quote! {
            #(#[doc = #about])*
            #[tokio::test]
            async fn #name() {
                #statements
                #claim
            }
        }
    }
}

/// The call of the client that sends the same, or why none does.
fn call(
    case: &CaseFile,
    operation: &Operation,
    request: &Request,
    reading: &Reading,
) -> Result<Call, String> {
    let [step] = case.recipe.steps.as_slice() else {
        return Err("its requests depend on what the ones before them came to".to_owned());
    };
    if request.method != *operation.method() {
        return Err("the client has no such method".to_owned());
    }
    // Which credentials are sent is said apart.
    if let Some(violation) = reading.violations.iter().find(|violation| violation.part != Part::Security) {
        return Err(format!("the document does not admit the request ({violation})"));
    }
    let has_holes = |text: &Template| text.pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)));
    let has_secret = match &step.request.body {
        Some(RecipeBody::Text(text)) => has_holes(text),
        _ => false,
    };
    if has_secret || has_holes(&step.request.target) {
        return Err("a secret stands in its URL or body".to_owned());
    }
    let values = &reading.values;
    let parameters: Vec<(Location, String, Value)> = [
        (Location::Path, &values.path),
        (Location::Query, &values.query),
        (Location::Header, &values.header),
        (Location::Cookie, &values.cookie),
    ]
    .into_iter()
    .flat_map(|(location, values)| {
        values.iter().map(move |(name, value)| (location, name.clone(), value.clone()))
    })
    .collect();
    let is_told = |name: &str| {
        let is_parameter = |(location, known, _): &(Location, String, Value)| match location {
            Location::Header => known.eq_ignore_ascii_case(name),
            Location::Cookie => name == "cookie",
            _ => false,
        };
        OWN.contains(&name) || parameters.iter().any(is_parameter)
    };
    let others = step.request.headers.iter().filter(|(_, value)| !source::holds_secret(value));
    if let Some((name, _)) =
        others.map(|(name, value)| (name.to_ascii_lowercase(), value)).find(|(name, _)| !is_told(name))
    {
        return Err(format!("the client has no parameter for the header `{name}`"));
    }
    let body = match (&values.body, request.body.is_empty()) {
        (None, true) => None,
        (Some(body), _) => match &body.payload {
            Payload::Value(value) => {
                let media = body.media_type.split(';').next().unwrap_or_default().trim();
                Some((media.to_owned(), value.clone()))
            }
            _ => return Err("its body is no value".to_owned()),
        },
        (None, false) => return Err("the document knows of no body".to_owned()),
    };
    Ok(Call { operation: step.operation.clone(), parameters, body })
}

/// A step's request with something in the place of what is not known yet, to be looked at and not to be sent.
fn looked_at(step: &RecipeStep) -> Option<Request> {
    let filled = |template: &Template| {
        let fill = |piece: &Piece| match piece {
            Piece::Text(text) => Ok::<_, ()>(text.clone()),
            _ => Ok(STAND_IN.to_owned()),
        };
        template.fill(fill).unwrap_or_default()
    };
    let mut request =
        Request::new(Method::from_str(&step.request.method).ok()?, filled(&step.request.target));
    for (name, value) in &step.request.headers {
        let value = HeaderValue::from_str(&filled(value)).ok()?;
        request.headers.append(HeaderName::from_str(name).ok()?, value);
    }
    request.body = match &step.request.body {
        None => request.body,
        Some(RecipeBody::Text(text)) => filled(text).into(),
        Some(RecipeBody::Hex(digits)) => unhex(digits)?.into(),
    };
    Some(request)
}

/// A name for a test: what the operation and the check are called, and what tells the failure from others.
fn name(case: &CaseFile) -> String {
    let mut words = String::new();
    for character in format!("{}_{}", case.check, case.operation).chars() {
        let is_inside = words.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit());
        match character {
            'A'..='Z' => {
                words.push_str(if is_inside { "_" } else { "" });
                words.push(character.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' => words.push(character),
            _ if is_inside => words.push('_'),
            _ => {}
        }
    }
    words.truncate(80);
    format!("{}_{}", words.trim_end_matches('_'), case.fingerprint())
}
