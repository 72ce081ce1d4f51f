//! Fetching what a document refers to by URL, from the hosts that the user named and no others.
//!
//! A reference is text that someone else wrote, so that fetching it is a request someone else makes from here. Hence:
//!
//! * Only hosts named beforehand are asked, a redirect's target included.
//! * A name is resolved once, however many files are fetched; what is connected to is an address from that answer.
//! * An address that is not public (loopback, private, link-local and their like, also inside IPv6) is asked only
//!   where the user named that very address, or `localhost`.
//! * Nothing is decompressed, no proxy is used, no credentials or cookies are sent.
//! * The time and the bytes that a file may take are limited, and those that all files together may.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use counterfoil_openapi::Zone;
use reqwest::header::{CONTENT_ENCODING, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

/// The most redirects followed for one file.
const MAX_REDIRECTS: usize = 5;
/// How much longer than one file all files of a fetcher may take, and how many times its bytes they may have.
const FILES_AT_LIMIT: u32 = 4;

/// A host that may be asked: `example.com`, `example.com:8080`, `192.0.2.1`, `[2001:db8::1]:8080`.
///
/// Without a port every port of it may be asked. An address is written in its usual form: `127.1` is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    host: String,
    port: Option<u16>,
    /// Whether it may be on this machine or in its network.
    may_be_near: bool,
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("`{text}` is no host; write `example.com` or `example.com:8080`");
        let url = Url::parse(&format!("http://{text}/")).map_err(|_| refused())?;
        let host = url.host_str().ok_or_else(refused)?.to_owned();
        let typed = text.to_ascii_lowercase();
        let is_whole = match url.port() {
            Some(port) => typed == format!("{host}:{port}"),
            // The parser leaves out the port that is HTTP's own.
            None => typed == host || typed == format!("{host}:80"),
        };
        if !is_whole {
            return Err(refused());
        }
        let port = url.port().or(typed.ends_with(":80").then_some(80));
        let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        Ok(Self { may_be_near: is_address || host == "localhost", host, port })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl AllowedHost {
    /// The host and port of a URL that the user gave, wherever it is; nothing where it is no URL.
    pub fn of_url(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        Some(Self { host: url.host_str()?.to_owned(), port: url.port_or_known_default(), may_be_near: true })
    }

    fn covers(&self, url: &Url) -> bool {
        url.host_str() == Some(self.host.as_str())
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

/// Gets files from the hosts allowed.
pub struct Fetcher {
    hosts: Vec<AllowedHost>,
    timeout: Duration,
    body_cap: usize,
    resolve: Arc<Resolve>,
    /// The addresses of the hosts asked so far.
    pinned: Mutex<HashMap<(String, u16), Vec<SocketAddr>>>,
    clients: Mutex<HashMap<(String, Vec<SocketAddr>), Client>>,
    spent: Mutex<Spent>,
}

/// What all files have taken so far.
#[derive(Debug, Default)]
struct Spent {
    time: Duration,
    bytes: usize,
}

type Resolve = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// A fetcher that asks these hosts: ten seconds and 64 MiB a file, and four times as much for all files together.
    pub fn new(hosts: Vec<AllowedHost>) -> Self {
        let resolve = |host: &str, port: u16| {
            let found = std::net::ToSocketAddrs::to_socket_addrs(&(host, port))?;
            Ok(found.collect())
        };
        Self {
            hosts,
            timeout: Duration::from_secs(10),
            body_cap: counterfoil_openapi::MAX_BYTES,
            resolve: Arc::new(resolve),
            pinned: Mutex::default(),
            clients: Mutex::default(),
            spent: Mutex::default(),
        }
    }

    /// The time that one file may take, redirects included.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The most bytes that one file may have.
    #[must_use]
    pub fn body_cap(mut self, bytes: usize) -> Self {
        self.body_cap = bytes;
        self
    }

    /// The bytes at a URL.
    ///
    /// # Errors
    ///
    /// When its host is not allowed, it cannot be reached, answers with another status than 2xx, or takes more time
    /// or bytes than it may. What a host that is not allowed would have answered is in no message: it is not asked.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let start = Instant::now();
        let spent = || self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, bytes) = {
            let spent = spent();
            ((self.timeout * FILES_AT_LIMIT).saturating_sub(spent.time), spent.bytes)
        };
        let limit = self.body_cap.saturating_mul(FILES_AT_LIMIT as usize);
        if bytes >= limit {
            return Err(FetchError::new(
                url,
                format!("what was fetched before it has {limit} bytes already"),
            ));
        }
        let timeout = self.timeout.min(left);
        let fetched = match tokio::time::timeout(timeout, self.follow(url)).await {
            Ok(fetched) => fetched,
            Err(_) if timeout < self.timeout => Err(FetchError::new(
                url,
                format!("all files took more than {:?}", self.timeout * FILES_AT_LIMIT),
            )),
            Err(_) => Err(FetchError::new(url, format!("it was not whole within {timeout:?}"))),
        };
        let mut spent = spent();
        spent.time += start.elapsed();
        spent.bytes += fetched.as_ref().map_or(0, Vec::len);
        fetched
    }

    async fn follow(&self, start: &str) -> Result<Vec<u8>, FetchError> {
        let mut url = Url::parse(start).map_err(|_| FetchError::new(start, "it is no URL"))?;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.ask(&url).await?;
            if !response.status().is_redirection() {
                return self.read(&url, response).await;
            }
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            let target = target.ok_or_else(|| FetchError::new(url.as_str(), "it redirects to nowhere"))?;
            url = url
                .join(target)
                .map_err(|_| FetchError::new(url.as_str(), "it redirects to what is no URL"))?;
        }
        Err(FetchError::new(start, format!("it redirects more than {MAX_REDIRECTS} times")))
    }

    async fn ask(&self, url: &Url) -> Result<Response, FetchError> {
        let fault = |message: &str| FetchError::new(url.as_str(), message);
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault("only http and https are fetched"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fault("a URL with credentials is not fetched"));
        }
        let allowed = self.hosts.iter().find(|host| host.covers(url));
        let allowed =
            allowed.ok_or_else(|| FetchError { is_refused: true, ..fault("its host is not allowed") })?;
        let host = url.host_str().ok_or_else(|| fault("it names no host"))?;
        let addresses = self.addresses(url, host, allowed).await?;
        let client =
            self.client(host, addresses).map_err(|error| fault("no client can be made").because(error))?;
        client.get(url.clone()).send().await.map_err(|error| fault("it cannot be reached").because(error))
    }

    /// The client that asks a host at these addresses; making one takes longer than asking.
    fn client(&self, host: &str, addresses: Vec<SocketAddr>) -> reqwest::Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (host.to_owned(), addresses);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .resolve_to_addrs(host, &key.1)
            .build()?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    /// The addresses of a host, none of which is one that was not meant.
    async fn addresses(
        &self,
        url: &Url,
        host: &str,
        allowed: &AllowedHost,
    ) -> Result<Vec<SocketAddr>, FetchError> {
        let port = url.port_or_known_default().unwrap_or(80);
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let addresses = match literal {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self
                .pinned(host, port)
                .await
                .map_err(|error| FetchError::new(url.as_str(), "its host is not found").because(error))?,
        };
        let hidden = addresses.iter().find(|address| Zone::of(address.ip()) != Zone::Public);
        match hidden {
            Some(address) if !allowed.may_be_near => Err(FetchError {
                is_refused: true,
                ..FetchError::new(
                    url.as_str(),
                    format!(
                        "its host is at {}, which is no public address; allow that address",
                        address.ip()
                    ),
                )
            }),
            _ if addresses.is_empty() => Err(FetchError::new(url.as_str(), "its host has no address")),
            _ => Ok(addresses),
        }
    }

    async fn pinned(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let key = (host.to_owned(), port);
        let pinned = || self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(addresses) = pinned().get(&key) {
            return Ok(addresses.clone());
        }
        let (resolve, name) = (Arc::clone(&self.resolve), host.to_owned());
        // The resolver of the system waits, and our deadline must not wait for it.
        let asked = tokio::task::spawn_blocking(move || resolve(&name, port)).await;
        let addresses = asked.map_err(io::Error::other)??;
        pinned().insert(key, addresses.clone());
        Ok(addresses)
    }

    async fn read(&self, url: &Url, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let fault = |message: String| FetchError::new(url.as_str(), message);
        if !response.status().is_success() {
            return Err(fault(format!("the answer was {}", response.status())));
        }
        if let Some(coding) = response.headers().get(CONTENT_ENCODING).filter(|coding| *coding != "identity")
        {
            return Err(fault(format!("the answer is encoded as {coding:?}, which was not asked for")));
        }
        let too_large = || fault(format!("it has more than {} bytes", self.body_cap));
        if response.content_length().is_some_and(|length| length > self.body_cap as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        let broken = |error| fault("the answer broke off".to_owned()).because(error);
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.body_cap {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// A file that could not be fetched.
#[derive(Debug)]
pub struct FetchError {
    url: String,
    message: String,
    is_refused: bool,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl FetchError {
    fn new(url: &str, message: impl Into<String>) -> Self {
        Self { url: url.to_owned(), message: message.into(), is_refused: false, source: None }
    }

    fn because(mut self, error: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(error));
        self
    }

    /// Whether nothing was sent, since the host or its address is not one that may be asked.
    pub fn is_refused(&self) -> bool {
        self.is_refused
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fetch {}: {}", self.url, self.message)
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::{AllowedHost, Fetcher};

    /// A server that answers every connection with these bytes, the last piece again and again, and counts them.
    async fn server(pieces: Vec<Vec<u8>>, is_endless: bool) -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let pieces = pieces.clone();
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 4096]).await;
                    for piece in &pieces {
                        let _ = stream.write_all(piece).await;
                    }
                    while is_endless && stream.write_all(&pieces[pieces.len() - 1]).await.is_ok() {}
                });
            }
        });
        (port, count)
    }

    fn ok(body: &str) -> Vec<Vec<u8>> {
        vec![format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()]
    }

    fn fetcher(hosts: &[&str]) -> Fetcher {
        Fetcher::new(hosts.iter().map(|host| host.parse().expect("a host")).collect())
    }

    #[tokio::test]
    async fn only_a_host_that_was_named_is_asked() {
        let (port, count) = server(ok("text"), false).await;
        let allowed = fetcher(&[&format!("127.0.0.1:{port}")]);
        assert_eq!(allowed.fetch(&format!("http://127.0.0.1:{port}/a")).await.expect("it is there"), b"text");
        assert_eq!(count.swap(0, Ordering::SeqCst), 1);
        let elsewhere = fetcher(&["example.com", "127.0.0.1:1"]);
        for host in [
            "127.0.0.1",
            "localhost",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "[::ffff:127.0.0.1]",
            "[::1]",
            "0.0.0.0",
            "example.com@127.0.0.1",
            "127.0.0.1.",
            "LOCALHOST",
            "%31%32%37.0.0.1",
        ] {
            let error = elsewhere.fetch(&format!("http://{host}:{port}/a")).await.expect_err(host);
            assert!(
                error.to_string().contains("not allowed") || error.to_string().contains("credentials"),
                "{error}"
            );
        }
        assert!(elsewhere.fetch("file:///etc/passwd").await.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_asked() {
        let (port, count) = server(ok("secret"), false).await;
        for address in
            ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
        {
            let mut fetcher = fetcher(&["evil.test"]);
            fetcher.resolve = Arc::new(move |_, port| {
                Ok(vec![(address.parse::<std::net::IpAddr>().expect("one"), port).into()])
            });
            let error = fetcher.fetch(&format!("http://evil.test:{port}/")).await.expect_err(address);
            assert!(error.is_refused() && error.to_string().contains("no public address"), "{error}");
        }
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_name_is_resolved_once_and_that_address_is_asked() {
        let (port, count) = server(ok("rebound"), false).await;
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let mut fetcher = fetcher(&["evil.test"]).timeout(Duration::from_millis(100));
        // A public address first, this machine from then on.
        fetcher.resolve = Arc::new(move |_, _| {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            let address = if first { [192, 88, 99, 1] } else { [127, 0, 0, 1] };
            Ok(vec![(address, port).into()])
        });
        for _ in 0..2 {
            assert!(fetcher.fetch(&format!("http://evil.test:{port}/")).await.is_err());
        }
        assert_eq!((asked.load(Ordering::SeqCst), count.load(Ordering::SeqCst)), (1, 0));
    }

    #[tokio::test]
    async fn redirects_stay_with_the_hosts_allowed() {
        let (inner, reached) = server(ok("secret"), false).await;
        for target in [
            format!("http://localhost:{inner}/"),
            format!("//127.0.0.1:{inner}/"),
            "file:///etc/passwd".to_owned(),
        ] {
            let answer = format!("HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            let (port, _) = server(vec![answer.into_bytes()], false).await;
            let error =
                fetcher(&[&format!("127.0.0.1:{port}")]).fetch(&format!("http://127.0.0.1:{port}/")).await;
            assert!(!error.expect_err(&target).to_string().contains("secret"));
        }
        assert_eq!(reached.load(Ordering::SeqCst), 0);
        let answer =
            format!("HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:{inner}/\r\ncontent-length: 0\r\n\r\n");
        let (port, _) = server(vec![answer.into_bytes()], false).await;
        let both = fetcher(&["127.0.0.1"]);
        assert_eq!(
            both.fetch(&format!("http://127.0.0.1:{port}/")).await.expect("both are allowed"),
            b"secret"
        );
        let (port, count) =
            server(vec![b"HTTP/1.1 302 x\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_vec()], false).await;
        assert!(both.fetch(&format!("http://127.0.0.1:{port}/")).await.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 6);
    }

    #[tokio::test]
    async fn what_never_ends_ends_at_the_limit() {
        let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        let (port, _) = server(vec![head, vec![b'a'; 65536]], true).await;
        let small = fetcher(&["127.0.0.1"]).body_cap(1_000_000);
        let error = small.fetch(&format!("http://127.0.0.1:{port}/")).await.expect_err("it never ends");
        assert!(error.to_string().contains("more than 1000000 bytes"), "{error}");

        let (port, _) =
            server(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n".to_vec()], false).await;
        assert!(small.fetch(&format!("http://127.0.0.1:{port}/")).await.is_err());

        // Ten gigabytes of zeros, had it been read as what it says it is.
        let bomb = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00"
            .to_vec();
        let (port, _) = server(vec![bomb], false).await;
        let error = small.fetch(&format!("http://127.0.0.1:{port}/")).await.expect_err("it is encoded");
        assert!(error.to_string().contains("not asked for"), "{error}");

        let start = Instant::now();
        let (port, _) = server(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na".to_vec()], false).await;
        let hasty = fetcher(&["127.0.0.1"]).timeout(Duration::from_millis(100));
        assert!(hasty.fetch(&format!("http://127.0.0.1:{port}/")).await.is_err());
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn all_files_together_have_limits_too() {
        let (port, count) = server(ok("text"), false).await;
        let url = format!("http://127.0.0.1:{port}/");
        let small = fetcher(&["127.0.0.1"]).body_cap(4);
        for _ in 0..4 {
            assert!(small.fetch(&url).await.is_ok());
        }
        let error = small.fetch(&url).await.expect_err("it is one too many");
        assert!(error.to_string().contains("16 bytes already"), "{error}");
        assert_eq!(count.load(Ordering::SeqCst), 4);

        // It is connected to, and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = silent.local_addr().expect("it is bound").port();
        let hasty = fetcher(&["127.0.0.1"]).timeout(Duration::from_millis(50));
        let url = format!("http://127.0.0.1:{port}/");
        let mut messages = Vec::new();
        for _ in 0..6 {
            messages.push(hasty.fetch(&url).await.expect_err("it never ends").to_string());
        }
        assert!(messages[0].contains("not whole within 50ms"), "{messages:?}");
        assert!(messages[5].contains("all files took more than 200ms"), "{messages:?}");
    }

    #[test]
    fn hosts_are_written_as_they_are() {
        for host in ["example.com", "Example.com:8080", "192.0.2.1", "[2001:db8::1]:80", "localhost:80"] {
            assert!(host.parse::<AllowedHost>().is_ok(), "{host}");
        }
        for host in ["", "a/b", "http://a", "2130706433", "127.1", "0x7f.1", "a@b", "a:b", "a:99999"] {
            assert!(host.parse::<AllowedHost>().is_err(), "{host}");
        }
    }
}
