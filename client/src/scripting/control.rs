//! The few rows of the control API that a handle asks for.
//!
//! They are written here, and not taken from the control API's own client, since a client that is made for a document
//! of yours comes without it.

use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::error::{Kind, StubError};

/// How long the stub may take to answer; it is on the same machine, as a rule.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A session of a stub, as its control API has it.
#[derive(Clone)]
pub(super) struct Control {
    base: String,
    token: Option<String>,
    http: reqwest::Client,
    /// The session's name; empty until it is made.
    session: String,
    /// Where requests of the session go.
    pub(super) base_url: String,
}

impl Control {
    /// Makes a session of the stub whose control API is at `base`.
    pub(super) async fn connect(base: &str, token: Option<&str>) -> Result<Self, StubError> {
        let mut control = Self {
            base: base.trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned),
            http: http()?,
            session: String::new(),
            base_url: String::new(),
        };
        let made = control.ask(Method::POST, &["sessions"], &[], Some(&json!({}))).await?;
        let text = |key: &str| match made[key].as_str() {
            Some(text) => Ok(text.to_owned()),
            None => {
                let message = format!("a session without `{key}`");
                Err(StubError::from(Kind::Unexpected { asked: "POST /sessions".to_owned(), message }))
            }
        };
        control.base_url = text("base_url")?;
        control.session = text("id")?;
        Ok(control)
    }

    /// The same session, to be asked on another runtime.
    pub(super) fn apart(&self) -> Result<Self, StubError> {
        Ok(Self { http: http()?, ..self.clone() })
    }

    /// The session's name.
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// Sends a request of the session; what it is answered with, `null` where that is nothing.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, StubError> {
        let asked = format!("{method} /{}", path.join("/"));
        let unexpected = |message: String| Kind::Unexpected { asked: asked.clone(), message };
        let mut url =
            Url::parse(&self.base).map_err(|error| unexpected(format!("{}: {error}", self.base)))?;
        match url.path_segments_mut() {
            Ok(mut segments) => {
                segments.pop_if_empty().extend(path);
            }
            Err(()) => return Err(unexpected(format!("{} has no paths", self.base)).into()),
        }
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        if !self.session.is_empty() && path.first() != Some(&"sessions") {
            url.query_pairs_mut().append_pair("session", &self.session);
        }
        let mut request = self.http.request(method, url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(Kind::Unreachable)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(Kind::Unreachable)?;
        let read = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
        match read {
            Ok(answer) if status.is_success() => Ok(answer),
            Err(error) if status.is_success() => Err(unexpected(error.to_string()).into()),
            read => {
                let problem = read.unwrap_or_default();
                Err(Kind::Refused { asked, status: status.as_u16(), problem }.into())
            }
        }
    }
}

/// Names no secret.
impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("base", &self.base)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

fn http() -> Result<reqwest::Client, StubError> {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    Ok(builder.timeout(TIMEOUT).build().map_err(Kind::Unreachable)?)
}
