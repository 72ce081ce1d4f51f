//! What `script/bench` measures the stub against: a dropshot server with a typed handler for the Tyk example.
//!
//! It reads the same request type and answers the same bytes, and does nothing else: no contract, no journal, no
//! validation beyond what serde's types ask for. Its port goes to standard output.

use std::io::Write as _;

use dropshot::{
    ApiDescription, ConfigDropshot, HandlerTaskMode, HttpError, HttpResponseOk, RequestContext,
    ServerBuilder, TypedBody, endpoint,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are read by serde and by no one else")]
struct SsoAccessData {
    display_name: Option<String>,
    email_address: Option<String>,
    for_section: Option<String>,
    #[serde(rename = "GroupID")]
    group_id: Option<String>,
    #[serde(rename = "GroupsIDs")]
    groups_ids: Option<Vec<String>>,
    #[serde(rename = "OrgID")]
    org_id: Option<String>,
    #[serde(rename = "SSOOnlyForRegisteredUsers")]
    sso_only_for_registered_users: Option<bool>,
    user_not_allowed: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct ApiError {
    message: &'static str,
    meta: &'static str,
    status: &'static str,
}

/// Answers the documented example.
#[endpoint { method = POST, path = "/admin/sso" }]
async fn generate_auth_token(
    _context: RequestContext<()>,
    _body: TypedBody<SsoAccessData>,
) -> Result<HttpResponseOk<ApiError>, HttpError> {
    Ok(HttpResponseOk(ApiError {
        message: "SSO Nonce created",
        meta: "YTNiOGUzZjctYWZkYi00OTNhLTYwODItZTAzMDI3MjM0OTEw",
        status: "OK",
    }))
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let mut api = ApiDescription::new();
    api.register(generate_auth_token).map_err(|error| error.to_string())?;
    let config = ConfigDropshot {
        default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
        ..ConfigDropshot::default()
    };
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let server =
        ServerBuilder::new(api, (), log).config(config).start().map_err(|error| error.to_string())?;
    writeln!(std::io::stdout(), "{}", server.local_addr().port()).map_err(|error| error.to_string())?;
    server.await
}
