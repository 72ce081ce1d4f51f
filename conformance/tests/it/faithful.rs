//! What is faithful to its document passes.

use counterfoil_conformance::{Credentials, Settings};
use counterfoil_openapi::Contract;
use counterfoil_server::StubServer;

use crate::defects::{Defect, Shop, contract};
use crate::running::{Outcome, shop_settings, shop_target};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faithful_shop_passes() {
    let shop = Shop::open(Defect::None).await;
    for seed in 0..3 {
        let settings = Settings { seed, ..shop_settings() };
        let outcome = Outcome::of(&contract(), &shop_target(&shop), &settings).await;
        assert_eq!(outcome.failures(), Vec::<&counterfoil_conformance::Failure>::new());
        assert_eq!(outcome.warnings(), Vec::<&counterfoil_conformance::Warning>::new());
        assert!(outcome.summary.cases > 200, "{:?}", outcome.summary);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_stub_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/documents");
    let mut tested = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() || name.contains(".script.") {
            continue;
        }
        let contract = Contract::load(&name, &std::fs::read(&path).unwrap()).unwrap();
        let stub = StubServer::builder(contract.clone()).start().await.unwrap();
        let target = counterfoil_conformance::Target::new(stub.url());
        let settings = Settings { credentials: Credentials::Invent, max_cases: 60, ..Settings::default() };
        let outcome = Outcome::of(&contract, &target, &settings).await;
        assert_eq!(outcome.failures(), Vec::<&counterfoil_conformance::Failure>::new(), "{name}");
        assert!(outcome.summary.cases > 0, "{name}");
        tested += 1;
    }
    assert!(tested >= 3);
}
