//! A stub in a Rust test: a contract, a script, a port of its own, stopped on drop.

use counterfoil_openapi::{Contract, bundled};
use counterfoil_server::{Script, StubServer};

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tyk = bundled()[0];
    let contract = Contract::load(tyk.file, tyk.document.as_bytes())?;
    let script = Script::load(
        "refuse.yaml",
        b"{script: 1, rules: {generateAuthToken: [403, 200]}}",
        std::slice::from_ref(&contract),
    )?;
    let stub = StubServer::builder(contract).script(script).start().await?;

    let ask =
        || reqwest::Client::new().post(format!("{}/admin/sso", stub.url())).header("Admin-Auth", "x").send();
    assert_eq!(ask().await?.status(), 403);
    assert_eq!(ask().await?.status(), 200);
    assert_eq!(stub.calls().len(), 2);
    Ok(())
}
