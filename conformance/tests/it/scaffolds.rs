//! The scaffolds of the bundled documents: they compile, serve, and hold to the document from the first day.

use std::time::Duration;

use counterfoil_conformance::{Failure, Settings, Target};
use counterfoil_openapi::{Contract, SecuritySchemeKind, bundled};
use dropshot::{ConfigDropshot, HandlerTaskMode, HttpServer, ServerBuilder};

use self::made::{arcgis, tyk};
use crate::running::Outcome;

/// What the build wrote for the bundled documents. That this is compiled is a part of the test.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    dead_code,
    unreachable_pub,
    reason = "the generator wrote it, and this test needs a part of it"
)]
pub(crate) mod made {
    /// Tyk's Dashboard.
    pub(crate) mod tyk {
        include!(concat!(env!("COUNTERFOIL_SCAFFOLDS"), "/scaffold_tyk/mod.rs"));
    }

    /// ArcGIS Server.
    pub(crate) mod arcgis {
        include!(concat!(env!("COUNTERFOIL_SCAFFOLDS"), "/scaffold_arcgis/mod.rs"));
    }
}

fn contract_of(name: &str) -> Contract {
    let system = bundled().iter().find(|system| system.name == name).expect("it is bundled");
    Contract::load(name, system.document.as_bytes()).expect("it is a document")
}

fn serve(api: dropshot::ApiDescription<()>) -> HttpServer<()> {
    let config = ConfigDropshot {
        bind_address: ([127, 0, 0, 1], 0).into(),
        default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
        ..ConfigDropshot::default()
    };
    let log = slog::Logger::root(slog::Discard, slog::o!());
    ServerBuilder::new(api, (), log).config(config).start().expect("the server starts")
}

async fn passes(name: &str, server: HttpServer<()>) {
    let contract = contract_of(name);
    let mut target = Target::new(format!("http://{}", server.local_addr()));
    for scheme in contract.security_schemes() {
        target = match &scheme.kind {
            SecuritySchemeKind::ApiKey { name, .. } => target.header(name, "secret"),
            _ => target.header("Authorization", "Bearer secret"),
        };
    }
    let settings = Settings { max_cases: 40, timeout: Duration::from_secs(60), ..Settings::default() };
    let outcome = Outcome::of(&contract, &target, &settings).await;
    assert_eq!(outcome.failures(), Vec::<&Failure>::new(), "{name}");
    assert!(outcome.summary.cases > 40, "{name}: {:?}", outcome.summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scaffold_of_tyk_passes() {
    let api = tyk::api::api_mod::api_description::<tyk::stub::Stub>().expect("dropshot takes it");
    passes("tyk", serve(api)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scaffold_of_arcgis_passes() {
    let api = arcgis::api::api_mod::api_description::<arcgis::stub::Stub>().expect("dropshot takes it");
    passes("arcgis", serve(api)).await;
}

#[test]
fn what_dropshot_documents_otherwise_is_listed() {
    insta::assert_snapshot!("differences_tyk", tyk::differences::report(&tyk::differences::list().unwrap()));
    insta::assert_snapshot!(
        "differences_arcgis",
        arcgis::differences::report(&arcgis::differences::list().unwrap())
    );
}
