//! A server that a stub forwards to: it answers with the bytes it is given, and keeps what it received.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is answered to a request.
pub(crate) enum Answer {
    /// These bytes, and then the connection ends.
    Bytes(Vec<u8>),
    /// The first bytes once, the second again and again until nobody reads.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, and then nothing more, though the connection stays.
    Silence(Vec<u8>),
}

/// A running upstream; it ends with the test.
pub(crate) struct Server {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one that answers a request, head and body as one text, as a function says.
    pub(crate) async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&received), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move {
                    // A client that leaves ends this connection and nothing else.
                    let _ = serve(connection, &kept, &*answer).await;
                });
            }
        });
        Self { url, received }
    }

    /// Starts one that gives the same answer to everything.
    pub(crate) async fn answering(head: &str, body: &[u8]) -> Self {
        let bytes = reply(head, body);
        Self::start(move |_| Answer::Bytes(bytes.clone())).await
    }

    /// The requests so far, head and body as one text each.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

/// A reply of HTTP/1.1: status and fields, then the body with its length.
pub(crate) fn reply(head: &str, body: &[u8]) -> Vec<u8> {
    let head = head.replace('\n', "\r\n");
    let mut bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A reply of JSON.
pub(crate) fn json(status: &str, body: &str) -> Answer {
    Answer::Bytes(reply(&format!("{status}\ncontent-type: application/json"), body.as_bytes()))
}

async fn serve(
    mut connection: TcpStream,
    received: &Mutex<Vec<String>>,
    answer: &(dyn Fn(&str) -> Answer + Send + Sync),
) -> std::io::Result<()> {
    let request = read(&mut connection).await?;
    if request.is_empty() {
        return Ok(());
    }
    received.lock().unwrap().push(request.clone());
    match answer(&request) {
        Answer::Bytes(bytes) => connection.write_all(&bytes).await?,
        Answer::Endless(first, more) => {
            connection.write_all(&first).await?;
            loop {
                connection.write_all(&more).await?;
            }
        }
        Answer::Silence(bytes) => {
            connection.write_all(&bytes).await?;
            std::future::pending::<()>().await;
        }
    }
    connection.shutdown().await
}

/// One request, its body by its `Content-Length`.
async fn read(connection: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Ok(text);
            }
        }
        if connection.read_buf(&mut bytes).await? == 0 {
            return Ok(text);
        }
    }
}
