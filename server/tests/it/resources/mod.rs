//! Resources of scripts, over HTTP.

mod corpus;
mod crud;
mod findings;
mod laws;
mod lists;
mod tags;

use std::sync::LazyLock;

use counterfoil_openapi::Contract;
use counterfoil_server::{Script, ScriptError};
use reqwest::Method;
use serde_json::Value;

use crate::scripts::{Answer, Stub};

/// A document with three kinds of items: bare ones, ones within others and in envelopes, and ones that requests name.
fn shelter() -> Contract {
    static SHELTER: LazyLock<Contract> = LazyLock::new(|| {
        let text = include_bytes!("../../scripts/shelter.yaml");
        Contract::load("shelter.yaml", text).expect("the document can be read")
    });
    SHELTER.clone()
}

fn load(text: &str) -> Result<Script, ScriptError> {
    Script::load("shelter.script.yaml", text.as_bytes(), &[shelter()])
}

/// The pets of the document, all that can be said of them.
const PETS: &str = "
script: 1
resources:
  pets:
    key: id
    list: listPets
    create: createPet
    read: getPet
    update: updatePet
    patch: patchPet
    delete: deletePet
    filter: [kind, { owner: owner.id }]
    page: { limit: limit, offset: offset, total: header.X-Total-Count, next: header.Link }
    seed:
      - { id: 1, name: Rex, kind: dog, createdAt: '2026-01-01T00:00:00Z' }
      - { id: 2, name: Tom, kind: cat, createdAt: '2026-01-02T00:00:00Z', owner: { id: 7 } }
";

/// The teams, each within its organisation.
const TEAMS: &str = "
script: 1
resources:
  teams:
    key: id
    in: path.orgId
    list: listTeams
    create: createTeam
    read: getTeam
    update: putTeam
    delete: deleteTeam
    page: { limit: per_page, page: page, total: body.meta.total, next: body.meta.next }
    seed:
      - { id: 00000000-0000-4000-8000-000000000001, orgId: o1, name: first }
";

/// The notes, whose keys requests choose.
const NOTES: &str = "
script: 1
resources:
  notes:
    key: slug
    list: listNotes
    create: putNote
    read: getNote
    delete: deleteNote
    page: { cursor: after, limit: size, next: body.cursor, total: body.total }
    seed: [{ slug: a }, { slug: b }, { slug: c }, { slug: d }, { slug: e }]
";

async fn keeping(text: &str) -> Stub {
    let script = load(text).unwrap_or_else(|error| panic!("{error}\n{:#?}", error.findings()));
    Stub::serving(shelter(), vec![script]).await
}

async fn send(stub: &Stub, method: Method, path: &str, body: &Value) -> Answer {
    Answer::of(stub.request(method, path).json(body)).await
}

async fn delete(stub: &Stub, path: &str) -> u16 {
    Answer::of(stub.request(Method::DELETE, path)).await.status
}
