//! A server that writes whatever bytes a test wants, in whatever way.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_openapi::Request;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::defects::read;

/// A part of what a server does to answer a request.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Writes this.
    Bytes(Vec<u8>),
    /// Writes this again and again, for as long as anybody reads it.
    Forever(Vec<u8>),
    /// Writes this byte again and again, with a pause before each.
    Drip(u8),
    /// Does nothing more.
    Silence,
    /// Closes the connection so that the other side sees a reset.
    Reset,
    /// Closes the connection.
    Close,
}

impl Piece {
    pub(crate) fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }

    /// A whole response.
    pub(crate) fn reply(status: u16, headers: &str, body: &str) -> Vec<Self> {
        let length = body.len();
        vec![Self::text(&format!("HTTP/1.1 {status} .\r\ncontent-length: {length}\r\n{headers}\r\n{body}"))]
    }
}

/// What the server saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    /// The most connections at a time.
    pub(crate) most_connections: AtomicUsize,
}

/// A running server; it closes when dropped.
pub(crate) struct Hostile {
    pub(crate) url: String,
    pub(crate) seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Hostile {
    /// Answers each request by what `answer` says of it and of how many there were before it.
    pub(crate) async fn open(answer: impl Fn(&Request, usize) -> Vec<Piece> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (answer, seen) = (Arc::new(answer), Arc::new(Seen::default()));
        let task = {
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let mut connections = JoinSet::new();
                loop {
                    let Ok((stream, _)) = listener.accept().await else { return };
                    let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                    connections.spawn(async move {
                        let open = seen.connections.fetch_add(1, Ordering::SeqCst) + 1;
                        seen.most_connections.fetch_max(open, Ordering::SeqCst);
                        let _ = serve(stream, &*answer, &seen).await;
                        seen.connections.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            })
        };
        Self { url, seen, task }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().expect("nothing panics under it").clone()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    answer: &(dyn Fn(&Request, usize) -> Vec<Piece> + Send + Sync),
    seen: &Seen,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let before = {
            let mut requests = seen.requests.lock().expect("nothing panics under it");
            requests.push(request.clone());
            requests.len() - 1
        };
        for piece in answer(&request, before) {
            match piece {
                Piece::Bytes(bytes) => stream.write_all(&bytes).await?,
                Piece::Forever(bytes) => loop {
                    stream.write_all(&bytes).await?;
                },
                Piece::Drip(byte) => loop {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    stream.write_all(&[byte]).await?;
                },
                Piece::Silence => {
                    stream.flush().await?;
                    std::future::pending::<()>().await;
                }
                Piece::Reset => {
                    stream.flush().await?;
                    stream.get_ref().set_zero_linger()?;
                    return Ok(());
                }
                Piece::Close => return stream.shutdown().await,
            }
        }
        stream.flush().await?;
    }
    Ok(())
}
