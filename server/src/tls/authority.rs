//! A certificate authority of this user's own, which clients are told to trust once.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::error::TlsError;

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca-key.pem";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the authority lasts; then its folder is to be removed and the new one trusted.
const AUTHORITY_LASTS: Duration = DAY.saturating_mul(3_650);
/// How long a certificate lasts, which is made anew at every start; systems refuse more than 825 days.
const CERTIFICATE_LASTS: Duration = DAY.saturating_mul(397);
/// The name that certificates are for. Names below it would take a wildcard, which clients refuse so high up.
const NAME: &str = "localhost";
/// The addresses that certificates may be for: loopback, private and link-local ones.
const NETWORKS: [(IpAddr, u8); 8] = [
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
];

/// A certificate authority, made once and kept in a folder.
///
/// It vouches for `localhost`, and for loopback and private addresses. Its own certificate says so,
/// which clients heed: who steals its key cannot pass for a site of the web. Its key can be read by its user only.
#[derive(Debug)]
pub struct LocalAuthority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl LocalAuthority {
    /// The authority kept in a folder, which is made where it is missing.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read or written, is half there, or when others could read its key.
    pub fn open(folder: &Path) -> Result<Self, TlsError> {
        let (file, secret) = (folder.join(CERTIFICATE), folder.join(KEY));
        if !file.exists() && !secret.exists() {
            make(folder).map_err(|error| TlsError::at("make a certificate authority in", folder, error))?;
        }
        if !file.exists() {
            let why = "it is missing; remove its folder, and a new authority is made";
            return Err(TlsError::at("read the authority's certificate", &file, why));
        }
        let key =
            read_key(&secret).map_err(|error| TlsError::at("read the authority's key", &secret, error))?;
        Ok(Self { issuer: Issuer::new(params(), key), file })
    }

    /// The file of its certificate, for clients to trust: `curl --cacert FILE`.
    pub fn certificate_file(&self) -> &Path {
        &self.file
    }

    /// A certificate for this machine under its own names and `host`, and its key.
    pub(super) fn vouch_for(
        &self,
        host: IpAddr,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), TlsError> {
        let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if !host.is_unspecified() && !addresses.contains(&host) {
            if !is_local(host) {
                let why = "it is no private address; a certificate and a key of its own are needed";
                return Err(TlsError::new(format!("vouch for {host}"), why));
            }
            addresses.push(host);
        }
        self.sign(&addresses).map_err(|error| TlsError::new("sign a certificate", error))
    }

    fn sign(
        &self,
        addresses: &[IpAddr],
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let mut params = CertificateParams::new([NAME.to_owned()])?;
        params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
        params.distinguished_name = named("counterfoil stub");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        last(&mut params, CERTIFICATE_LASTS);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }
}

/// Makes an authority beside its folder and moves it there, so that nobody finds half of one. Where another process
/// was quicker, its authority stays.
fn make(folder: &Path) -> io::Result<()> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = params();
    last(&mut params, AUTHORITY_LASTS);
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    let mut unfinished = folder.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = create_folder(&unfinished)
        .and_then(|()| write_private(&unfinished.join(KEY), &key.serialize_pem()))
        .and_then(|()| fs::write(unfinished.join(CERTIFICATE), certificate.pem()))
        .and_then(|()| fs::rename(&unfinished, folder));
    if written.is_err() {
        // What was written is of no use to anybody, and may be nothing.
        let _ = fs::remove_dir_all(&unfinished);
    }
    if folder.join(KEY).exists() { Ok(()) } else { written }
}

/// What an authority is, but for its dates, which its certificate alone has a use for.
fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("counterfoil local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let networks = NETWORKS
        .map(|(address, bits)| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits)));
    let mut permitted_subtrees = vec![GeneralSubtree::DnsName(NAME.to_owned())];
    permitted_subtrees.extend(networks);
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

/// From yesterday, since clocks differ, for as long as said.
fn last(params: &mut CertificateParams, time: Duration) {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    params.not_before = date_time_ymd(1970, 1, 1) + since_epoch.saturating_sub(DAY);
    params.not_after = params.not_before + time;
}

/// Whether an address is in one of [`NETWORKS`].
fn is_local(address: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    NETWORKS.iter().any(|(network, prefix)| {
        network.is_ipv4() == address.is_ipv4()
            && (bits(*network) ^ bits(address)).leading_zeros() >= u32::from(*prefix)
    })
}

#[cfg(unix)]
fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)
}

/// Writes a new file that only its user can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn read_key(path: &Path) -> io::Result<KeyPair> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            let why = "others can read it; `chmod 600` it, or remove its folder, and a new authority is made";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
    }
    KeyPair::from_pem(&fs::read_to_string(path)?).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_private_addresses_are_local() {
        let table = [
            ("127.0.0.1", true),
            ("127.200.0.1", true),
            ("10.1.2.3", true),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("192.168.0.7", true),
            ("192.169.0.7", false),
            ("8.8.8.8", false),
            ("::1", true),
            ("::2", false),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2001:db8::1", false),
        ];
        for (address, expected) in table {
            assert_eq!(is_local(address.parse().unwrap()), expected, "{address}");
        }
    }
}
