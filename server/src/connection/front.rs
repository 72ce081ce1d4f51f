//! A Unix socket before dropshot, which listens on TCP only.
//!
//! dropshot then listens on a free port of the loopback interface, and bytes are carried there and back. The port is
//! no second door: a connection counts only if it comes from a port that the front itself has taken. Bytes cross the
//! kernel twice more, which a short request notices: nothing but a Unix socket goes this way.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpSocket, UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::traffic::Traffic;

/// How long nothing is accepted after there were too many descriptors.
const BACK_OFF: Duration = Duration::from_millis(100);

/// A Unix socket that is listened on; its file is removed when dropped.
#[derive(Debug)]
pub(crate) struct Front {
    path: PathBuf,
    /// The device and the inode of our file.
    file: (u64, u64),
    /// Ends with the front; connections end with the server behind them.
    _accepting: JoinSet<()>,
}

impl Front {
    /// Listens on `path`, for this user only, and carries bytes to and from `address`.
    ///
    /// # Errors
    ///
    /// When the path is taken by a server that listens, or by what is no socket, or cannot be written.
    pub(crate) fn start(path: &Path, address: SocketAddr, traffic: Arc<Traffic>) -> io::Result<Self> {
        let listener = listen(path)?;
        let metadata = fs::symlink_metadata(path)?;
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, address, traffic));
        Ok(Self { path: path.to_owned(), file: (metadata.dev(), metadata.ino()), _accepting: accepting })
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.file);
        if is_ours {
            // Somebody may have been quicker.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Listens in a folder that nobody else can enter, and moves the socket to its place when only we can connect to it.
fn listen(path: &Path) -> io::Result<UnixListener> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    make_way(path)?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = path.with_file_name(format!(".{}-{count}", std::process::id()));
    let unplaced = folder.join("s");
    // What a process of the same number left behind when it was killed.
    let _ = fs::remove_file(&unplaced);
    let _ = fs::remove_dir(&folder);
    DirBuilder::new().mode(0o700).create(&folder)?;
    let listener = UnixListener::bind(&unplaced).and_then(|listener| {
        fs::set_permissions(&unplaced, Permissions::from_mode(0o600))?;
        fs::rename(&unplaced, path)?;
        Ok(listener)
    });
    if listener.is_err() {
        let _ = fs::remove_file(&unplaced);
    }
    fs::remove_dir(&folder)?;
    listener
}

/// Whether there is nothing at a path, or the socket of a server that is no more.
fn make_way(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "a server listens there already")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
    }
}

async fn accept(listener: UnixListener, address: SocketAddr, traffic: Arc<Traffic>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                let traffic = Arc::clone(&traffic);
                tokio::spawn(async move {
                    // Whichever end broke off, both are closed.
                    let _ = carry(client, address, &traffic).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}

async fn carry(mut client: UnixStream, address: SocketAddr, traffic: &Traffic) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let _admitted = Admitted::new(traffic, socket.local_addr()?.port());
    let mut server = socket.connect(address).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// A port whose connection is let in, as long as this lives.
struct Admitted<'t> {
    traffic: &'t Traffic,
    port: u16,
}

impl<'t> Admitted<'t> {
    fn new(traffic: &'t Traffic, port: u16) -> Self {
        traffic.admit(port);
        Self { traffic, port }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.traffic.dismiss(self.port);
    }
}
