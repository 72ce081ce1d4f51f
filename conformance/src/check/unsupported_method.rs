//! `unsupported_method`

use http::header::ALLOW;

use super::registry::declare;
use super::{Judgement, Observation};
use crate::case::{Intent, Probe};

declare! {
    /// Fails when a method that a path does not have is answered with something other than 405, or with a 405 that
    /// has no `Allow` header.
    ///
    /// Why it matters: a method that is not documented and yet works is a door nobody knows of. And a client told 405
    /// may learn from `Allow` what would work, which HTTP requires (RFC 9110, section 15.5.6).
    ///
    /// Not judged: 401 and 403 where the operation is secured, 404, 429, 501, other 5xx (see `not_a_server_error`) and
    /// redirects, none of which says that the method works.
    ///
    /// Example: `DELETE /pets` is not documented and is answered with 204.
    ///
    /// Silence: `--checks=-unsupported_method`.
    UnsupportedMethod = "unsupported_method", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Intent::Probe(Probe::UndeclaredMethod { method, declared }), Some(response)) =
        (observation.intent, observation.response())
    else {
        return Judgement::NotApplicable;
    };
    let status = response.status.as_u16();
    match status {
        _ if observation.expects(status) == Some(true) => Judgement::Passed,
        405 if response.headers.contains_key(ALLOW) => Judgement::Passed,
        405 => Judgement::failed("405 without Allow", "a 405 must say in `Allow` which methods there are"),
        401 | 403 if observation.operation.is_secured() => Judgement::NotApplicable,
        404 | 429 | 300..=399 | 500.. => Judgement::NotApplicable,
        _ => {
            let declared: Vec<&str> = declared.iter().map(http::Method::as_str).collect();
            Judgement::failed(
                format!("{method} answered {status}"),
                format!(
                    "{method} is not documented here ({} are) and was answered with {status}, not 405",
                    declared.join(", ")
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::fixture::Scene;

    #[test]
    fn an_undeclared_method_gets_405_with_allow() {
        let post = || Scene::new("getPet", "/pets/1").undeclared(Method::POST);
        let secret = || Scene::new("secret", "/secret").undeclared(Method::POST);
        let table = [
            (post().status(405).header("allow", "GET, PUT"), "passed"),
            (post().status(405), "failed: 405 without Allow"),
            (post().status(200), "failed: POST answered 200"),
            (post().status(400), "failed: POST answered 400"),
            (post().status(401), "failed: POST answered 401"),
            (secret().status(401), "n/a"),
            (secret().status(403), "n/a"),
            (secret().status(200), "failed: POST answered 200"),
            (post().status(404), "n/a"),
            (post().status(429), "n/a"),
            (post().status(302), "n/a"),
            (post().status(501), "n/a"),
            (Scene::new("getPet", "/pets/1").status(200), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("unsupported_method"), expected, "row {row}");
        }
    }
}
