//! A server that records what it gets and answers what it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do with one request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Send these bytes and keep the connection.
    Send(Vec<u8>),
    /// Send these bytes, then close.
    SendAndClose(Vec<u8>),
    /// Send these bytes and keep the connection until the next request begins, then close it unread.
    SendThenCloseOnNext(Vec<u8>),
    /// Close by a reset.
    Reset,
    /// Never answer.
    Hang,
}

/// A response with a length.
pub(crate) fn response(status: u16, content_type: &str, body: &str) -> Act {
    let length = body.len();
    Act::Send(
        format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}

/// A request as it came: its head without the blank line, its body, and the connection it came on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) connection: usize,
}

impl Received {
    pub(crate) fn request_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The header fields, names in lower case, in the order of their names.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let split = |line: &str| {
            let (name, value) = line.split_once(':').expect("a header field has a colon");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let mut fields: Vec<_> = self.head.lines().skip(1).map(split).collect();
        fields.sort();
        fields
    }

    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.fields().into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Starts on a free port. The acts are taken in order, whichever connection a request comes on; the last one
    /// repeats.
    pub(crate) async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let acts = Arc::new(Mutex::new(acts.into_iter().collect::<VecDeque<_>>()));
        let log = Arc::clone(&received);
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(serve(stream, connection, Arc::clone(&log), Arc::clone(&acts)));
            }
        });
        Self { url, received }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The only request so far.
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    log: Arc<Mutex<Vec<Received>>>,
    acts: Arc<Mutex<VecDeque<Act>>>,
) {
    while let Some(received) = read_request(&mut stream, connection).await {
        log.lock().unwrap().push(received);
        let act = {
            let mut acts = acts.lock().unwrap();
            if acts.len() > 1 { acts.pop_front() } else { acts.front().cloned() }
        };
        match act.expect("at least one act") {
            Act::Send(bytes) => stream.write_all(&bytes).await.unwrap(),
            Act::SendAndClose(bytes) => return stream.write_all(&bytes).await.unwrap(),
            Act::SendThenCloseOnNext(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                return stream.readable().await.unwrap();
            }
            Act::Reset => return stream.set_zero_linger().unwrap(),
            Act::Hang => return std::future::pending().await,
        }
    }
}

async fn read_request(stream: &mut TcpStream, connection: usize) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(found) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break found;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    // Latin-1, so that every byte of a header is one character.
    let head: String = bytes[..end].iter().copied().map(char::from).collect();
    let mut received = Received { head, body: bytes.split_off(end + 4), connection };
    let length = received.field("content-length").map_or(0, |length| length.parse().unwrap());
    while received.body.len() < length {
        if stream.read_buf(&mut received.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(received)
}
