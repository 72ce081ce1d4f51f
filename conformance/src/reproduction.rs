//! How to see a failure again.

use counterfoil_client::curl;
use counterfoil_openapi::Request;

use crate::failure::Reproduction;
use crate::runner::{Context, Judged};

/// The reproduction of a judged case: its curl line reads the target's headers from the environment, so that it can
/// be passed on, and sends everything else as it was sent.
pub(crate) fn reproduction(context: &Context, found_by: &str, judged: &Judged) -> Reproduction {
    let before: Vec<&Request> = match (&judged.told, &judged.case.subject) {
        (Some(told), _) => told.before.iter().map(|step| &step.case.sent.request).collect(),
        (None, Some(subject)) => subject.maker.iter().map(|maker| &maker.case.sent.request).collect(),
        (None, None) => Vec::new(),
    };
    Reproduction {
        case: found_by.to_owned(),
        seed: context.settings.seed,
        before: before.into_iter().map(|request| line(context, request)).collect(),
        curl: line(context, &judged.case.sent.request),
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
    curl::command(&context.target.base_url, request, &hidden)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_from_variables_of_their_name() {
        assert_eq!(header_variable("Authorization"), "COUNTERFOIL_AUTH");
        assert_eq!(header_variable("Admin-Auth"), "COUNTERFOIL_ADMIN_AUTH");
        assert_eq!(header_variable("x.key"), "COUNTERFOIL_X_KEY");
    }
}
