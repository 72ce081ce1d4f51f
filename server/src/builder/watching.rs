//! The deadlines and the number of the connections to both planes.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::Settings;
use crate::connection::{self, Farewells, Watched};
use crate::refuse;
use crate::reply::Reply;
use crate::state::State;

/// Watches over the connections to both planes, as long as what it gives lives.
pub(super) fn watch(state: &State, stub: SocketAddr, control: Option<SocketAddr>) -> JoinSet<()> {
    let Settings { connections, tls, .. } = &state.settings;
    let farewells = |late: Box<Reply>| {
        let excess = refuse::too_many_connections(connections.at_once).into_bytes();
        Farewells { late: late.into_bytes(), excess }
    };
    let head_too_slow = refuse::head_too_slow(connections.first_request);
    // Below TLS nothing can be said.
    let farewells_of_stub = tls.is_none().then(|| farewells(head_too_slow));
    let mut ports = vec![Watched { port: stub.port(), farewells: farewells_of_stub }];
    if let Some(control) = control {
        // Its bodies are read before a request counts as begun.
        let farewells = farewells(refuse::request_too_slow(connections.first_request));
        ports.push(Watched { port: control.port(), farewells: Some(farewells) });
    }
    let mut watching = JoinSet::new();
    watching.spawn(connection::watch(Arc::clone(&state.traffic), ports, *connections));
    watching
}
