//! A stub that runs by itself, for tests.

use std::error::Error;
use std::fmt;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

use super::StubBuilder;
use crate::start_error::StartError;

/// A running stub on a thread and a runtime of its own: it answers whatever the thread that started it waits for. It
/// stops when dropped.
#[must_use = "it stops when dropped"]
pub struct StubThread {
    url: String,
    control_url: String,
    /// Stops it when it goes.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StubBuilder {
    /// Starts to listen on a thread of its own, with a control plane: on a free port, unless one was asked for.
    ///
    /// # Errors
    ///
    /// When an address cannot be listened on, or the thread cannot be made.
    pub fn start_on_thread(mut self) -> Result<StubThread, StartError> {
        self.settings.control_port.get_or_insert(0);
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = tell.send(Err(not_started(error)));
                    return;
                }
            };
            runtime.block_on(async {
                let stub = match self.start().await {
                    Ok(stub) => stub,
                    Err(error) => {
                        let _ = tell.send(Err(error));
                        return;
                    }
                };
                let control_url = stub.control_url().unwrap_or_default().to_owned();
                if tell.send(Ok((stub.url().to_owned(), control_url))).is_ok() {
                    // It ends when it is told to, and when nobody is left to tell.
                    let _ = stopped.await;
                }
            });
            // Requests that hang or wait are not waited for.
            runtime.shutdown_background();
        };
        let thread =
            thread::Builder::new().name("counterfoil-stub".to_owned()).spawn(run).map_err(not_started)?;
        let started = told.recv().unwrap_or_else(|_| Err(not_started("it ended at once")));
        let (url, control_url) = started?;
        Ok(StubThread { url, control_url, stop: Some(stop), thread: Some(thread) })
    }
}

fn not_started(why: impl Into<Box<dyn Error + Send + Sync>>) -> StartError {
    StartError::new("start a thread for the stub", why)
}

impl StubThread {
    /// The base URL of the stub, as [`StubServer::url`](super::StubServer::url).
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base URL of the control plane.
    pub fn control_url(&self) -> &str {
        &self.control_url
    }
}

impl Drop for StubThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has panicked, which it has said itself.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for StubThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StubThread").field("url", &self.url).finish_non_exhaustive()
    }
}
