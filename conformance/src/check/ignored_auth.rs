//! `ignored_auth`

use super::registry::declare;
use super::{Judgement, Observation};
use crate::case::{Intent, Probe};

declare! {
    /// Fails when an operation whose every security requirement asks for credentials answers 2xx to a request without
    /// them, to one with an invalid credential in the place of a valid one (of HTTP Basic the password only, where there
    /// is one), to one with an empty credential there (an empty key, `Bearer ` and no token, Basic with neither user nor
    /// password), to one with a bearer token that nobody issued where another HTTP scheme is asked for, or to one with a
    /// Basic credential of a user that nobody knows where only bearer tokens are.
    ///
    /// Why it matters: whoever finds the URL can do what the document says only some may do.
    ///
    /// A credential that is wrong or empty is only sent where you gave a right one (`--header`, `--query`): a stub that
    /// takes any credential, and is tested with made-up ones, has promised nothing about wrong ones.
    ///
    /// Not judged: operations that may be called without credentials (`security: [{}]`, or none).
    /// A wrong password of the right user is sent to each operation that asks for HTTP Basic: where that locks accounts,
    /// test with an account that may be locked, or silence it.
    ///
    /// Example: `GET /admin/users` requires a bearer token, and answers 200 without one.
    ///
    /// Silence: `--checks=-ignored_auth`.
    IgnoredAuth = "ignored_auth", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let Some(status) = observation.status() else { return Judgement::NotApplicable };
    if !observation.operation.is_secured() {
        return Judgement::NotApplicable;
    }
    let (kind, what) = match observation.intent {
        Intent::Probe(Probe::InvalidCredential { scheme }) => {
            (format!("invalid {scheme}"), format!("an invalid credential for `{scheme}`"))
        }
        Intent::Probe(Probe::EmptyCredential { scheme }) => {
            (format!("empty {scheme}"), format!("an empty credential for `{scheme}`"))
        }
        Intent::Probe(Probe::OtherScheme { scheme }) => {
            (format!("bearer for {scheme}"), format!("a bearer token in the place of `{scheme}`"))
        }
        Intent::Probe(Probe::BasicForBearer { scheme }) => {
            (format!("basic for {scheme}"), format!("a Basic credential in the place of `{scheme}`"))
        }
        _ if observation.lacks_credentials() => ("no credentials".to_owned(), "no credentials".to_owned()),
        _ => return Judgement::NotApplicable,
    };
    match status {
        200..=299 => Judgement::failed(kind, format!("sent with {what}, and the server answered {status}")),
        _ => Judgement::Passed,
    }
}

#[cfg(test)]
mod tests {
    use crate::case::{Intent, Probe};
    use crate::check::fixture::Scene;

    #[test]
    fn a_secured_operation_answers_nobody_without_credentials() {
        let secret = || Scene::new("secret", "/secret");
        let invalid = || {
            let scheme = "token".to_owned();
            secret()
                .sent_header("authorization", "Bearer x")
                .intent(Intent::Probe(Probe::InvalidCredential { scheme }))
        };
        let empty = || {
            let scheme = "token".to_owned();
            secret()
                .sent_header("authorization", "Bearer ")
                .intent(Intent::Probe(Probe::EmptyCredential { scheme }))
        };
        let basic = || {
            let scheme = "token".to_owned();
            secret()
                .sent_header("authorization", "Basic YTph")
                .intent(Intent::Probe(Probe::BasicForBearer { scheme }))
        };
        let table = [
            (secret().status(200), "failed: no credentials"),
            (secret().intent(Intent::Probe(Probe::NoCredentials)).status(204), "failed: no credentials"),
            (secret().status(401), "passed"),
            (secret().status(404), "passed"),
            (secret().sent_header("authorization", "Bearer x").status(200), "n/a"),
            (invalid().status(200), "failed: invalid token"),
            (invalid().status(401), "passed"),
            (
                secret().intent(Intent::Probe(Probe::OtherScheme { scheme: "basic".to_owned() })).status(200),
                "failed: bearer for basic",
            ),
            (
                secret().intent(Intent::Probe(Probe::OtherScheme { scheme: "basic".to_owned() })).status(401),
                "passed",
            ),
            (basic().status(200), "failed: basic for token"),
            (basic().status(401), "passed"),
            (empty().status(200), "failed: empty token"),
            (empty().status(401), "passed"),
            (Scene::new("optional", "/optional").status(200), "n/a"),
            (Scene::new("any", "/any").status(200), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("ignored_auth"), expected, "row {row}");
        }
    }
}
