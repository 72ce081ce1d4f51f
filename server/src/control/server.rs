//! The dropshot side of the control plane.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use dropshot::{ConfigDropshot, HandlerTaskMode, HttpServer, ServerBuilder};

use super::api::control_api_mod;
use super::handlers::Control;
use crate::builder::Settings;
use crate::connection::Listener;
use crate::start_error::StartError;
use crate::state::State;

/// The largest body read, in bytes; dropshot answers a larger one with 400.
const MAX_BODY: usize = 1024 * 1024;

/// A running control plane; it stops when dropped.
pub(crate) struct Server {
    http: HttpServer<Arc<State>>,
    listener: Option<Listener>,
}

impl Server {
    /// The address that it listens on.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// Refuses new connections, and waits for the requests under way.
    ///
    /// # Errors
    ///
    /// When it had stopped already.
    pub(crate) async fn close(self) -> Result<(), String> {
        drop(self.listener);
        self.http.close().await
    }
}

/// Starts to listen on a port; 0 takes a free one.
///
/// Where nothing else is asked it is that of the loopback interface: of IPv4, and where the machine has none of IPv6.
///
/// # Errors
///
/// When it cannot be listened on, and when others than this machine could steer the stub without a token.
pub(crate) fn start(state: &Arc<State>, port: u16) -> Result<Server, StartError> {
    let Settings { control_host, control_token, .. } = &state.settings;
    match control_host {
        Some(host) if !host.is_loopback() && control_token.is_none() => {
            let why = "every machine that reaches it could steer the stub; give a control token too";
            Err(StartError::new(format!("listen on {host} for the control plane"), why))
        }
        Some(host) => listen(state, (*host, port).into()),
        None => match listen(state, (Ipv4Addr::LOCALHOST, port).into()) {
            Err(error) if error.is(io::ErrorKind::AddrNotAvailable) => {
                listen(state, (Ipv6Addr::LOCALHOST, port).into())
            }
            other => other,
        },
    }
}

fn listen(state: &Arc<State>, address: SocketAddr) -> Result<Server, StartError> {
    let config = ConfigDropshot {
        bind_address: address,
        default_request_body_max_bytes: MAX_BODY,
        default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
        ..ConfigDropshot::default()
    };
    let api = control_api_mod::api_description::<Control>()
        .map_err(|error| StartError::new("describe the control plane", error.to_string()))?;
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let http = ServerBuilder::new(api, Arc::clone(state), log)
        .config(config)
        .start()
        .map_err(|error| StartError::new(format!("listen on {address} for the control plane"), error))?;
    let listener = Listener::take(http.local_addr(), state.settings.connections);
    Ok(Server { http, listener })
}
