//! What is faithful to its document passes.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_conformance::{Credentials, Failure, Settings, Target, Warning};
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
        assert_eq!(outcome.failures(), Vec::<&Failure>::new());
        assert_eq!(outcome.warnings(), Vec::<&Warning>::new());
        assert!(outcome.summary.cases > 150, "{:?}", outcome.summary);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_stub_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/documents");
    let mut tested = 0;
    for path in documents(&folder).into_iter().chain(documents(&folder.join("samples"))) {
        let name = path.display().to_string();
        let contract = Contract::load(&name, &fs::read(&path).unwrap()).unwrap();
        let stub = StubServer::builder(contract.clone()).start().await.unwrap();
        let target = Target::new(stub.url());
        let settings = Settings { credentials: Credentials::Invent, max_cases: 24, ..Settings::default() };
        let outcome = Outcome::of(&contract, &target, &settings).await;
        assert_eq!(outcome.failures(), Vec::<&Failure>::new(), "{name}");
        assert!(outcome.summary.cases > 0, "{name}");
        tested += 1;
    }
    assert!(tested >= 5, "{tested}");
}

/// The documents of a folder, scripts aside, in the order of their names.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.is_file() && !path.to_string_lossy().contains(".script."));
    paths.sort();
    paths
}
