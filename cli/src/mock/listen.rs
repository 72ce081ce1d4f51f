//! Where `mock` listens, and what it proves itself with.

use std::env;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroUsize, ParseIntError};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use counterfoil_server::{
    ConnectionLimits, ControlToken, DEFAULT_CONNECTIONS, LocalAuthority, StubBuilder, StubServer, Tls,
};

/// The variable that the token of the control API is taken from, where it is not given otherwise.
const TOKEN_VARIABLE: &str = "COUNTERFOIL_CONTROL_TOKEN";

/// The folder of the local certificate authority, in the folder that a user's data is in.
const AUTHORITY_FOLDER: &str = "counterfoil/tls";

#[derive(Debug, Args)]
pub(crate) struct Listening {
    /// The port of the stub; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 4010)]
    port: u16,

    /// The port of the control API; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 4011)]
    control_port: u16,

    /// The address that the control API listens on, loopback unless given. Any other needs a control token.
    #[arg(long, value_name = "ADDRESS")]
    control_host: Option<IpAddr>,

    /// The token that requests to the control API have to bring, as `Authorization: Bearer TOKEN`; every user of this
    /// machine sees it here, so better give it in a file or in the environment, as COUNTERFOIL_CONTROL_TOKEN.
    #[arg(long, value_name = "TOKEN", conflicts_with = "control_token_file")]
    control_token: Option<String>,

    /// A file with that token.
    #[arg(long, value_name = "FILE")]
    control_token_file: Option<PathBuf>,

    /// The address that the stub listens on: `::1` for IPv6, `0.0.0.0` or `::` for every address of this machine.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,

    /// A Unix socket to listen on instead, for this user only. A file that a stub left behind there is replaced.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["port", "host"])]
    unix: Option<PathBuf>,

    /// Speak TLS with a certificate for this machine, of an authority that is made once and kept with the user's
    /// data; what is printed first says how to trust it.
    #[arg(long, conflicts_with = "cert")]
    tls: bool,

    /// Speak TLS with this certificate and what leads to its authority (PEM).
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The private key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Let in only clients that present a certificate of the authorities in this file (PEM).
    #[arg(long, value_name = "FILE")]
    client_ca: Option<PathBuf>,

    /// How many connections may wait at a time, to the stub and to the control API apart. Those beyond are closed;
    /// those that requests are answered on do not count. Counted on Linux only, ten times a second.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CONNECTIONS, value_parser = at_least_one)]
    max_connections: usize,

    /// A file to write the ports to once the stub listens: its own in the first line, the control API's in the second.
    /// For a Unix socket the first line is its path.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
}

impl Listening {
    /// Sets a stub up to listen as asked, and gives the certificate that clients are to trust, where it is one of ours.
    pub(super) fn apply(&self, builder: StubBuilder) -> anyhow::Result<(StubBuilder, Option<PathBuf>)> {
        let builder = builder.host(self.host).port(self.port).control_port(Some(self.control_port));
        let builder = builder.connections(ConnectionLimits::default().at_once(self.max_connections));
        let builder = match self.control_host {
            Some(host) => builder.control_host(host),
            None => builder,
        };
        let builder = match self.token()? {
            Some(token) => builder.control_token(token),
            None => builder,
        };
        let builder = match &self.unix {
            Some(path) => builder.unix_socket(path),
            None => builder,
        };
        let (tls, trusted) = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => (Tls::from_files(certificate, key)?, None),
            _ if self.tls => {
                let authority = LocalAuthority::open(&data_folder()?.join(AUTHORITY_FOLDER))?;
                let tls = Tls::from_authority(&authority, self.host)
                    .context("speak TLS; `--cert` and `--key` name a certificate of your own")?;
                (tls, Some(authority.certificate_file().to_owned()))
            }
            _ if self.client_ca.is_some() => {
                anyhow::bail!("ask for certificates without TLS; give `--tls`, or `--cert` and `--key`, too")
            }
            _ => return Ok((builder, None)),
        };
        let tls = match &self.client_ca {
            Some(file) => tls.clients_of(file)?,
            None => tls,
        };
        Ok((builder.tls(tls), trusted))
    }

    /// The token of the control API: as given, else from the environment. An empty variable is none.
    fn token(&self) -> anyhow::Result<Option<ControlToken>> {
        let (text, source) = match (&self.control_token, &self.control_token_file) {
            (Some(token), _) => (token.clone(), "`--control-token`".to_owned()),
            (None, Some(file)) => {
                let text = fs::read_to_string(file).with_context(|| format!("read `{}`", file.display()))?;
                (text.trim_end().to_owned(), format!("`{}`", file.display()))
            }
            (None, None) => match env::var_os(TOKEN_VARIABLE) {
                Some(text) if !text.is_empty() => {
                    (text.to_string_lossy().into_owned(), format!("the variable {TOKEN_VARIABLE}"))
                }
                _ => return Ok(None),
            },
        };
        ControlToken::new(&text).map(Some).with_context(|| format!("take a control token from {source}"))
    }

    /// What to do when the stub cannot listen.
    pub(super) fn advice(&self) -> &'static str {
        match self.unix {
            Some(_) => "start the stub; `--unix` takes any free path, and `--control-port 0` a free port",
            None => "start the stub; `--port 0` and `--control-port 0` take free ports",
        }
    }

    /// Tells the ports to whoever waits for the file.
    pub(super) fn tell_ports(&self, stub: &StubServer) -> anyhow::Result<()> {
        let Some(path) = &self.port_file else { return Ok(()) };
        write_ports(path, stub).with_context(|| format!("write `{}`", path.display()))
    }
}

fn at_least_one(text: &str) -> Result<usize, ParseIntError> {
    text.parse::<NonZeroUsize>().map(NonZeroUsize::get)
}

/// Writes beside the file and renames, so that whoever waits for the file never reads half of it.
fn write_ports(path: &Path, stub: &StubServer) -> io::Result<()> {
    let port = |url: &str| url.rsplit(':').next().unwrap_or_default().to_owned();
    let mut text = match stub.unix_socket() {
        Some(socket) => socket.display().to_string(),
        None => port(stub.url()),
    };
    text.push('\n');
    if let Some(url) = stub.control_url() {
        text.push_str(&port(url));
        text.push('\n');
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // It is of no use to anybody, and may not be there.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// The folder that a user's data is in, by the habit of the system.
fn data_folder() -> anyhow::Result<PathBuf> {
    let variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    folder.context(
        "find a folder to keep a certificate authority in: HOME is not set; `--cert` and `--key` need none",
    )
}
