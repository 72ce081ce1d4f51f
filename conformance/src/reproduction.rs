//! How to see a failure again.

use counterfoil_client::curl;
use counterfoil_openapi::Request;

use crate::case::{Intent, Probe, WRONG, query};
use crate::failure::Reproduction;
use crate::replay::{MIN_SEARCHED, Piece, SecretForm, SecretPart, Secrets, recipe};
use crate::runner::{Context, Found, Judged};

/// The reproduction of a judged case: its curl line reads the target's headers and query parameters from the environment, so that it can
/// be passed on, and sends everything else as it was sent.
pub(crate) fn reproduction(context: &Context, found: &Found, judged: &Judged) -> Reproduction {
    let before: Vec<&Request> = match (&judged.told, &judged.case.subject) {
        (Some(told), _) => told.before.iter().map(|step| &step.case.sent.request).collect(),
        (None, Some(subject)) => subject.maker.iter().map(|maker| &maker.case.sent.request).collect(),
        (None, None) => Vec::new(),
    };
    let get = context.factory.get_of(&judged.case.sent.request);
    let get = get.filter(|_| judged.case.intent == Intent::Probe(Probe::BesideGet));
    Reproduction {
        case: found.first.case.id.clone(),
        seed: context.settings.seed,
        before: before
            .into_iter()
            .chain(get.as_ref().map(|(_, get)| get))
            .map(|request| line(context, request))
            .collect(),
        curl: line(context, &judged.case.sent.request),
        // What the stub answered is in the journal, which is sent again as a whole for that.
        recipe: (found.check.name() != "stub_agreement")
            .then(|| Box::new(recipe(context, found.check.name(), &found.kind, judged))),
    }
}

/// A request as a curl line.
fn line(context: &Context, request: &Request) -> String {
    let variables: Vec<(String, String)> = context
        .target
        .headers
        .iter()
        .map(|(name, _)| (name.trim().to_ascii_lowercase(), header_variable(name)))
        .filter(|(name, _)| is_as_given(context, request, name))
        .collect();
    let others = context.target.other_headers.iter().filter(|(name, value)| {
        request.headers.get(name.trim()).map(http::HeaderValue::as_bytes) == Some(value.trim().as_bytes())
    });
    let others = others
        .map(|(name, _)| (name.trim().to_ascii_lowercase(), format!("OTHER_{}", header_variable(name))));
    let variables: Vec<(String, String)> = variables.into_iter().chain(others).collect();
    let hidden: Vec<(&str, &str)> =
        variables.iter().map(|(name, variable)| (name.as_str(), variable.as_str())).collect();
    let (request, mut secrets) = marked(request, &context.target.query);
    secrets.extend(searched(&context.secrets));
    hide(&curl::command(&context.target.base_url, &request, &hidden), &secrets)
}

/// A request with marks in the place of the values of given query parameters, which may be too short to be searched for,
/// and what reads from the environment what each mark stands for.
fn marked(request: &Request, given: &[(String, String)]) -> (Request, Vec<(String, String)>) {
    let (mut marked, mut read) = (request.clone(), Vec::new());
    for (range, index) in query::values(&request.target, given).into_iter().rev() {
        let (name, value) = &given[index];
        let mark = format!("counterfoil.given.{index:03}");
        marked.target.replace_range(range, &mark);
        let is_plain = query::percent_encode(value) == *value;
        let form = if is_plain { SecretForm::Plain } else { SecretForm::Percent };
        read.push((mark, written(&format!("${{{}}}", query_variable(name)), form, false)));
    }
    (marked, read)
}

/// The secrets that may stand anywhere in a line, longest first, each with what reads it from the environment.
fn searched(secrets: &[(String, Piece)]) -> Vec<(String, String)> {
    let secrets = secrets.iter().filter(|(secret, _)| secret.len() >= MIN_SEARCHED).cloned();
    let read = secrets.filter_map(|(secret, hole)| match hole {
        Piece::Secret { variable, part: SecretPart::Whole, .. } => Some((secret, format!("${{{variable}}}"))),
        // What follows the first space.
        Piece::Secret { variable, part: SecretPart::Credential, .. } => {
            Some((secret, format!("${{{variable}#* }}")))
        }
        Piece::Secret { variable, part: SecretPart::WrongPassword, .. } => {
            let decoded = format!(r#"printf %s "${{{variable}#* }}" | base64 -d"#);
            Some((secret, format!(r"$({decoded} | sed 's/:.*/:{WRONG}/' | base64 | tr -d '\n')")))
        }
        _ => None,
    });
    read.collect()
}

/// What writes the value of a variable in another form, inside of double quotes; with tools that every system has.
fn written(variable: &str, form: SecretForm, is_format: bool) -> String {
    let tools = match form {
        SecretForm::Plain => "",
        SecretForm::Percent => r" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'",
        SecretForm::Base64 => r" | base64 | tr -d '=\n'",
        SecretForm::Base64Url => r" | base64 | tr -d '=\n' | tr '+/' '-_'",
        SecretForm::Json => r#" | sed 's/["\\]/\\&/g'"#,
    };
    // `printf` makes something of these in its format.
    let escaped = if is_format { r" | sed 's/[%\\]/&&/g'" } else { "" };
    match (tools, escaped) {
        ("", "") => variable.to_owned(),
        _ => format!(r#"$(printf %s "{variable}"{tools}{escaped})"#),
    }
}

/// A line for a shell in which some texts are read from the environment, wherever they stand in it and in whatever form.
///
/// Each comes with what takes its place inside of double quotes; texts inside of single quotes are looked for as those
/// write them, and those of the format of `printf`, with which a line may begin, as that writes them.
fn hide(line: &str, secrets: &[(String, String)]) -> String {
    let plain = Secrets::new(secrets.iter().map(|(secret, _)| secret.clone()));
    let forms = |quote: fn(&str) -> String| {
        let all = SecretForm::NAMED.into_iter().map(|(form, _)| form);
        let all: Vec<SecretForm> = std::iter::once(SecretForm::Plain).chain(all).collect();
        let of = secrets.iter().enumerate().flat_map(move |(index, (secret, _))| {
            all.clone().into_iter().map(move |form| (quote(&form.write(secret)), index, form))
        });
        of.collect::<Vec<_>>()
    };
    let quoted = forms(|text| text.replace('\'', r"'\''"));
    let formats = forms(|text| text.replace('\\', r"\\").replace('%', "%%").replace('\'', r"'\''"));
    let format_end = if line.starts_with("printf ") { line.find(" | curl ").unwrap_or_default() } else { 0 };
    let (mut hidden, mut rest) = (String::with_capacity(line.len()), line);
    let (mut is_single, mut is_double) = (false, false);
    while let Some(first) = rest.chars().next() {
        if !is_single
            && !is_double
            && let Some((name, quote)) = header_name(rest)
        {
            // What a field is called is no secret, and neither is the variable that its value is read from.
            hidden.push_str(name);
            rest = &rest[name.len()..];
            (is_single, is_double) = (quote == Some('\''), quote == Some('"'));
            continue;
        }
        let is_format = line.len() - rest.len() < format_end;
        let known = if is_format { &formats } else { &quoted };
        let here = known.iter().filter(|_| is_single).find(|(text, ..)| rest.starts_with(text.as_str()));
        let here = here.map(|(text, index, form)| (text.len(), *index, *form));
        // Escapes of a URL can be written in several ways.
        if let Some((length, index, form)) = here.or_else(|| plain.at_start(rest)) {
            let text = written(&secrets[index].1, form, is_format);
            hidden.push_str(&match (is_single, is_double) {
                (true, _) => format!("'\"{text}\"'"),
                (false, true) => text,
                (false, false) => format!("\"{text}\""),
            });
            rest = &rest[length..];
            continue;
        }
        let mut length = first.len_utf8();
        match first {
            '\'' if !is_double => is_single = !is_single,
            '"' if !is_single => is_double = !is_double,
            // What follows it is no quote.
            '\\' if !is_single => length += rest[length..].chars().next().map_or(0, char::len_utf8),
            _ => {}
        }
        hidden.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    hidden
}

/// The option for a header with which a line begins, as far as its name goes, or its variable, and the quotes that are
/// open behind it.
fn header_name(line: &str) -> Option<(&str, Option<char>)> {
    let word = line.strip_prefix(" -H ")?;
    let quote = word.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let is_token =
        |character: char| character.is_ascii_alphanumeric() || "!#$%&*+-.^_`|~".contains(character);
    let named = word.strip_prefix(['\'', '"']).unwrap_or(word).trim_start_matches(is_token);
    let behind = named.strip_prefix(": $").filter(|_| quote == Some('"'));
    let behind = behind.map_or(named, |variable| variable.trim_start_matches(|name: char| is_token(name)));
    let is_name = named.starts_with([':', ';']);
    is_name.then(|| (&line[..line.len() - behind.len()], quote))
}

/// Whether a header still has the value the user gave: a probe may have put a wrong one in its place, which is no
/// secret and must be sent as it stands.
fn is_as_given(context: &Context, request: &Request, name: &str) -> bool {
    let sent = request.headers.get(name).map(http::HeaderValue::as_bytes);
    context.target.headers.iter().any(|(given, value)| {
        given.trim().eq_ignore_ascii_case(name) && sent == Some(value.trim().as_bytes())
    })
}

/// The environment variable that a header's value is read from: `COUNTERFOIL_AUTH` for `Authorization`,
/// `COUNTERFOIL_ADMIN_AUTH` for `Admin-Auth`.
pub fn header_variable(header: &str) -> String {
    if header.trim().eq_ignore_ascii_case("authorization") {
        return "COUNTERFOIL_AUTH".to_owned();
    }
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' }
    };
    format!("COUNTERFOIL_{}", header.trim().chars().map(plain).collect::<String>())
}

/// The environment variable that the value of a query parameter is read from: `COUNTERFOIL_QUERY_API_KEY` for `api_key`.
pub fn query_variable(parameter: &str) -> String {
    header_variable(&format!("query.{parameter}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Target;
    use crate::replay::secrets;

    /// A secret that is the value of a header, as it is looked for.
    fn searched_for(secret: &str) -> Vec<(String, String)> {
        searched(&secrets(&Target::new("http://localhost").header("X-Key", secret), &[]))
    }

    /// What a shell that knows a secret makes of some words.
    #[cfg(unix)]
    fn read(words: &str, secret: &str) -> String {
        let line = format!("printf '<%s>' {words}");
        let output =
            std::process::Command::new("sh").args(["-c", &line]).env("COUNTERFOIL_X_KEY", secret).output();
        String::from_utf8(output.expect("there is a shell").stdout).expect("it is text")
    }

    #[test]
    #[cfg(unix)]
    fn a_line_without_its_secrets_means_the_same_to_a_shell() {
        for secret in
            ["s3cret", "Bearer s3cret", "Basic a$b`c\"d", "it's mine", "a;b&c*d", "Key \\back\\slash"]
        {
            let searched = searched_for(secret);
            let credential = secret.split_once(' ').map_or(secret, |(_, credential)| credential);
            for text in [
                secret.to_owned(),
                format!("cookie: session={secret}; page=1"),
                format!("{secret}{secret}'{secret}"),
                format!("/pets?key={credential}&a='b'"),
                format!("{{\"token\": \"{credential}\", \"it's\": 1}}"),
                "nothing of it".to_owned(),
                format!(
                    "/pets?key={}&b={}",
                    SecretForm::Base64.write(secret),
                    SecretForm::Base64Url.write(credential)
                ),
                format!("{{\"token\": \"{}\", \"it's\": 1}}", SecretForm::Json.write(credential)),
            ] {
                let line =
                    format!("{} \"x: $COUNTERFOIL_X_KEY\" {}", curl::word(&text), curl::word("it's \"q\""));
                let hidden = hide(&line, &searched);
                assert!(credential.len() < MIN_SEARCHED || !hidden.contains(credential), "{hidden}");
                assert_eq!(read(&hidden, secret), read(&line, secret), "{line}\n{hidden}");
            }
        }
    }

    /// The user's name may be a key.
    #[test]
    #[cfg(unix)]
    fn the_user_of_a_wrong_password_is_read_from_the_variable() {
        let of = |text: &str| {
            format!("{:=<width$}", SecretForm::Base64.write(text), width = text.len().div_ceil(3) * 4)
        };
        for user in ["key_1", "key_22", "a/b&c"] {
            let given = format!("Basic {}", of(&format!("{user}:right:one")));
            let wrong = of(&format!("{user}:{WRONG}"));
            let line = format!("-H {}", curl::word(&format!("authorization: Basic {wrong}")));
            let hidden = hide(&line, &searched_for(&given));
            assert!(!hidden.contains(&wrong), "{hidden}");
            assert_eq!(read(&hidden, &given), format!("<-H><authorization: Basic {wrong}>"), "{hidden}");
        }
    }

    #[test]
    fn what_headers_are_called_is_shown() {
        let mut request = Request::new(http::Method::GET, "/pets");
        for (name, value) in [("x-s3cret-id", "my s3cret"), ("a-s3cret", "-H a-s3cret: 1"), ("s3cret", "")] {
            request.headers.insert(name, http::HeaderValue::from_static(value));
        }
        request.headers.insert("x-key", http::HeaderValue::from_static("s3cret"));
        let line = curl::command("http://h", &request, &[("x-key", "COUNTERFOIL_X_KEY")]);
        assert_eq!(
            hide(&line, &searched_for("s3cret")),
            concat!(
                r#"curl -isS -H 'x-s3cret-id: my '"${COUNTERFOIL_X_KEY}"'' "#,
                r#"-H 'a-s3cret: -H a-'"${COUNTERFOIL_X_KEY}"': 1' -H 's3cret;' "#,
                r#"-H "x-key: $COUNTERFOIL_X_KEY" -H user-agent: -H accept: http://h/pets"#
            )
        );
        // Its letters are those of the variable.
        let hidden = hide(&line, &searched_for("COUNTERFOIL"));
        assert_eq!(hidden, line);
    }

    /// The line says the same as a URL, though every byte of the secret is escaped in it.
    #[test]
    #[cfg(unix)]
    fn a_secret_that_is_escaped_in_a_url_is_escaped_by_the_line() {
        let secret = "Key a/b+c d%e";
        let searched = searched_for(secret);
        for (text, expected) in [
            ("/pets?key=a%2Fb%2Bc%20d%25e", "/pets?key=%61%2f%62%2b%63%20%64%25%65"),
            ("/pets?key=a%2fb%2bc+d%25e&b=1", "/pets?key=%61%2f%62%2b%63%20%64%25%65&b=1"),
        ] {
            let hidden = hide(&curl::word(text), &searched);
            assert!(!hidden.contains("%2"), "{hidden}");
            assert_eq!(read(&hidden, secret), format!("<{expected}>"), "{hidden}");
        }
    }

    /// A body that is piped, since it is not one line of plain text.
    #[test]
    #[cfg(unix)]
    fn a_body_that_is_piped_holds_no_secret_and_means_the_same() {
        let mut request = Request::new(http::Method::POST, "/");
        for secret in ["s3cret", "100%\\n s3c'r\"et", "Bearer a%sb"] {
            let searched = searched_for(secret);
            for form in [SecretForm::Plain, SecretForm::Base64, SecretForm::Json] {
                let mut body = format!("{{\n\t\"a\": \"{}\"}}", form.write(secret)).into_bytes();
                body.push(0xff);
                request.body = body.clone().into();
                let hidden = hide(&curl::command("http://h", &request, &[]), &searched);
                let (printf, _) = hidden.split_once(" | curl ").expect("it is piped");
                assert!(!printf.contains("s3c") && !printf.contains("a%%sb"), "{printf}");
                let output = std::process::Command::new("sh")
                    .args(["-c", printf])
                    .env("COUNTERFOIL_X_KEY", secret)
                    .output();
                assert_eq!(output.expect("there is a shell").stdout, body, "{printf}");
            }
        }
    }

    #[test]
    fn headers_are_read_from_variables_of_their_name() {
        assert_eq!(header_variable("Authorization"), "COUNTERFOIL_AUTH");
        assert_eq!(header_variable("Admin-Auth"), "COUNTERFOIL_ADMIN_AUTH");
        assert_eq!(header_variable("x.key"), "COUNTERFOIL_X_KEY");
    }
}
