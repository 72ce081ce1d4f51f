//! The control API as a trait, from which its document is written.

use dropshot::{
    HttpResponseDeleted, HttpResponseOk, HttpResponseUpdatedNoContent, Path, Query, RequestContext,
};

use super::body::Described;
use super::problem::Problem;
use super::types::{
    Call, CallFilter, CallList, CallPath, Health, OperationPath, OperationSummary, Reply, ReplySet, Reset,
    WebhookOrder, WebhookPath, WebhookSent,
};

/// The control API of a running stub.
#[dropshot::api_description]
pub(crate) trait ControlApi {
    /// What the handlers act on.
    type Context;

    /// Tell that the stub is up, and what it serves
    #[endpoint { method = GET, path = "/health" }]
    async fn health(rqctx: RequestContext<Self::Context>) -> Result<HttpResponseOk<Health>, Problem>;

    /// List the operations served
    #[endpoint { method = GET, path = "/operations" }]
    async fn list_operations(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<Vec<OperationSummary>>, Problem>;

    /// Set what an operation answers
    ///
    /// The reply is checked as a script is: what is wrong is told in full, with 422, and changes nothing. It comes
    /// before every rule of the script, replaces what was set for the operation before, and lasts until it is
    /// removed or reset.
    #[endpoint { method = PUT, path = "/operations/{op}/reply" }]
    async fn set_reply(
        rqctx: RequestContext<Self::Context>,
        path: Path<OperationPath>,
        reply: Described<Reply>,
    ) -> Result<HttpResponseOk<ReplySet>, Problem>;

    /// Remove what was set for an operation
    #[endpoint { method = DELETE, path = "/operations/{op}/reply" }]
    async fn clear_reply(
        rqctx: RequestContext<Self::Context>,
        path: Path<OperationPath>,
    ) -> Result<HttpResponseDeleted, Problem>;

    /// List the calls received, the oldest first
    #[endpoint { method = GET, path = "/calls" }]
    async fn list_calls(
        rqctx: RequestContext<Self::Context>,
        query: Query<CallFilter>,
    ) -> Result<HttpResponseOk<CallList>, Problem>;

    /// Forget the calls received
    #[endpoint { method = DELETE, path = "/calls" }]
    async fn clear_calls(rqctx: RequestContext<Self::Context>) -> Result<HttpResponseDeleted, Problem>;

    /// Show one call whole: request, response, and what was decided why
    #[endpoint { method = GET, path = "/calls/{id}" }]
    async fn show_call(
        rqctx: RequestContext<Self::Context>,
        path: Path<CallPath>,
    ) -> Result<HttpResponseOk<Call>, Problem>;

    /// Send a webhook of the documents
    ///
    /// What is sent is the body given, else an example of the document, else a generated one; it has to be valid. Only
    /// hosts that the stub was started with (`--callbacks`) are sent to, and no redirect is followed.
    #[endpoint { method = POST, path = "/webhooks/{name}" }]
    async fn send_webhook(
        rqctx: RequestContext<Self::Context>,
        path: Path<WebhookPath>,
        order: Described<WebhookOrder>,
    ) -> Result<HttpResponseOk<WebhookSent>, Problem>;

    /// Put the stub back to how it started
    ///
    /// An empty body resets everything that came at run time; the script itself stays.
    #[endpoint { method = POST, path = "/reset" }]
    async fn reset(
        rqctx: RequestContext<Self::Context>,
        scopes: Described<Reset>,
    ) -> Result<HttpResponseUpdatedNoContent, Problem>;

    /// Show this API's own document
    #[endpoint { method = GET, path = "/openapi.json" }]
    async fn show_document(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<serde_json::Value>, Problem>;
}
