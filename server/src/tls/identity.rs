//! The certificate that clients see.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};

use super::authority::LocalAuthority;
use super::error::TlsError;

/// The protocols offered, the best first (ALPN, RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS as the stub speaks it: versions 1.2 and 1.3, HTTP/2 where the client offers it.
#[derive(Debug, Clone)]
pub struct Tls {
    identity: Arc<CertifiedKey>,
    clients: Option<Arc<dyn ClientCertVerifier>>,
}

impl Tls {
    /// Uses a certificate, with the chain up to its authority, and its private key, both as PEM. The key may be in
    /// PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or holds no such thing, or when the key is not the certificate's.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = certificates(certificate)?;
        let secret =
            PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::at("read the key", key, error))?;
        let identity = CertifiedKey::from_der(chain, secret, &provider()).map_err(|error| {
            let what = format!("use `{}` with the key `{}`", certificate.display(), key.display());
            TlsError::new(what, error)
        })?;
        Ok(Self { identity: Arc::new(identity), clients: None })
    }

    /// Uses a fresh certificate of a local authority, for the names of this machine and for `host`.
    ///
    /// # Errors
    ///
    /// When the authority vouches for no such host: it does so for loopback and private addresses only.
    pub fn from_authority(authority: &LocalAuthority, host: IpAddr) -> Result<Self, TlsError> {
        let (certificate, key) = authority.vouch_for(host)?;
        let identity = CertifiedKey::from_der(vec![certificate], key, &provider())
            .map_err(|error| TlsError::new("use the certificate of the local authority", error))?;
        Ok(Self { identity: Arc::new(identity), clients: None })
    }

    /// Whether clients are asked for certificates.
    pub(crate) fn asks_clients(&self) -> bool {
        self.clients.is_some()
    }

    /// Lets in only clients that present a certificate of an authority in `file`; others are refused while they
    /// connect, before they can ask for anything.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or holds no certificate of an authority.
    pub fn clients_of(mut self, file: &Path) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(file)? {
            roots.add(certificate).map_err(|error| TlsError::at("use the authority", file, error))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let verifier = verifier.build().map_err(|error| TlsError::at("use the authority", file, error))?;
        self.clients = Some(verifier);
        Ok(self)
    }

    /// The settings that dropshot takes.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::new("set TLS up", error))?;
        let builder = match &self.clients {
            Some(verifier) => builder.with_client_cert_verifier(Arc::clone(verifier)),
            None => builder.with_no_client_auth(),
        };
        let identity = SingleCertAndKey::from(Arc::clone(&self.identity));
        let mut config = builder.with_cert_resolver(Arc::new(identity));
        config.alpn_protocols = PROTOCOLS.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }
}

/// Named, since a process with two of them has no default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The certificates of a file, of which there must be some.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let found = read().map_err(|error| TlsError::at("read the certificates", file, error))?;
    if found.is_empty() {
        return Err(TlsError::at("read the certificates", file, "there is no certificate in PEM in it"));
    }
    Ok(found)
}
