//! The stub over TLS.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use counterfoil_server::{LocalAuthority, Script, StubBuilder, StubServer, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use reqwest::{Certificate, Client, Identity};
use tempfile::TempDir;

use crate::stub::{TABLES, contract, tables};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn authority() -> (TempDir, LocalAuthority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = LocalAuthority::open(&folder.path().join("data/tls")).unwrap();
    (folder, authority)
}

/// A client that trusts one file only.
fn client(trusted: &Path, identity: Option<Identity>) -> Client {
    let certificate = Certificate::from_pem(&fs::read(trusted).unwrap()).unwrap();
    let client = Client::builder().tls_certs_only([certificate]).no_proxy();
    let client = match identity {
        Some(identity) => client.identity(identity),
        None => client,
    };
    client.build().unwrap()
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// An error and what it comes from.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let (mut chain, mut last) = (vec![error], error);
    while let Some(cause) = last.source() {
        chain.push(cause);
        last = cause;
    }
    chain
}

/// Every cause of an error, in one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    chain(error).iter().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn local(authority: &LocalAuthority) -> StubBuilder {
    tables().tls(Tls::from_authority(authority, HOST).unwrap())
}

#[tokio::test]
async fn who_trusts_the_local_authority_reaches_the_stub_by_each_of_its_names() {
    let (_folder, authority) = authority();
    let stub = local(&authority).start().await.unwrap();
    let port = stub.url().strip_prefix("https://127.0.0.1:").unwrap();
    let trusting = client(authority.certificate_file(), None);
    for host in ["127.0.0.1", "localhost"] {
        let reply = trusting.get(format!("https://{host}:{port}/pets")).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{host}");
    }
    let stranger = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let refused = stranger.get(format!("{}/pets", stub.url())).send().await.unwrap_err();
    assert!(causes(&refused).contains("UnknownIssuer"), "{}", causes(&refused));
}

#[tokio::test]
async fn a_reset_reaches_a_client_over_tls() {
    let (_folder, authority) = authority();
    let reset = b"{script: 1, rules: {listPets: {fault: reset}}}";
    let script = Script::load("reset.yaml", reset, &[contract(TABLES)]).unwrap();
    let stub = local(&authority).script(script).start().await.unwrap();
    let trusting = client(authority.certificate_file(), None);
    let error = trusting.get(format!("{}/pets", stub.url())).send().await.unwrap_err();
    let is_reset = chain(&error).iter().any(|cause| {
        let cause = cause.downcast_ref::<std::io::Error>();
        cause.is_some_and(|cause| cause.kind() == ErrorKind::ConnectionReset)
    });
    assert!(is_reset, "{error:?}");
    assert_eq!(trusting.get(format!("{}/pets/7", stub.url())).send().await.unwrap().status(), 200);
}

#[test]
fn the_local_authority_is_made_once_and_its_key_is_its_users_only() {
    let (folder, authority) = authority();
    let file = authority.certificate_file().to_owned();
    let first = fs::read(&file).unwrap();
    drop(authority);
    let again = LocalAuthority::open(file.parent().unwrap()).unwrap();
    assert_eq!(fs::read(again.certificate_file()).unwrap(), first);
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "nothing unfinished is left");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = file.with_file_name("ca-key.pem");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = LocalAuthority::open(file.parent().unwrap()).unwrap_err();
        assert!(causes(&refused).contains("others can read it"), "{}", causes(&refused));
    }
    fs::remove_file(&file).unwrap();
    let refused = LocalAuthority::open(file.parent().unwrap()).unwrap_err();
    assert!(causes(&refused).contains("remove its folder"), "{}", causes(&refused));
}

#[test]
fn the_local_authority_vouches_for_no_address_of_the_web() {
    let (_folder, authority) = authority();
    assert!(Tls::from_authority(&authority, "192.168.7.7".parse().unwrap()).is_ok());
    assert!(Tls::from_authority(&authority, "0.0.0.0".parse().unwrap()).is_ok());
    let refused = Tls::from_authority(&authority, "8.8.8.8".parse().unwrap()).unwrap_err();
    assert_eq!(
        causes(&refused),
        "vouch for 8.8.8.8: it is no private address; a certificate and a key of its own are needed"
    );
}

/// A server's certificate, its key, and a client's of the same authority.
fn issued() -> (TempDir, CertifiedIssuer<'static, KeyPair>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    (tempfile::tempdir().unwrap(), issuer)
}

fn signed(issuer: &CertifiedIssuer<'static, KeyPair>, purpose: ExtendedKeyUsagePurpose) -> (String, String) {
    let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    params.extended_key_usages = vec![purpose];
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, issuer).unwrap().pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_certificate_of_the_users_own_is_used_and_clients_without_one_are_refused() {
    let (folder, issuer) = issued();
    let ca = write(&folder, "ca.pem", &issuer.pem());
    let (certificate, key) = signed(&issuer, ExtendedKeyUsagePurpose::ServerAuth);
    let (certificate, key) = (write(&folder, "cert.pem", &certificate), write(&folder, "key.pem", &key));
    let tls = Tls::from_files(&certificate, &key).unwrap();
    let stub = tables().tls(tls.clone()).start().await.unwrap();
    let pets = format!("{}/pets", stub.url());
    assert_eq!(client(&ca, None).get(&pets).send().await.unwrap().status(), 200);

    let strict = tls.clients_of(&ca).unwrap();
    let stub = tables().tls(strict.clone()).start().await.unwrap();
    let pets = format!("{}/pets", stub.url());
    assert!(client(&ca, None).get(&pets).send().await.is_err(), "no certificate, no connection");
    let (mine, secret) = signed(&issuer, ExtendedKeyUsagePurpose::ClientAuth);
    let known = Identity::from_pem(format!("{mine}{secret}").as_bytes()).unwrap();
    assert_eq!(client(&ca, Some(known.clone())).get(&pets).send().await.unwrap().status(), 200);

    let document = b"openapi: 3.1.0\nsecurity: [{ours: []}]\npaths: {/a: {get: {responses: {200: {}}}}}\ncomponents: {securitySchemes: {ours: {type: mutualTLS}}}";
    let stub = StubServer::builder(contract(document)).tls(strict).start().await.unwrap();
    assert_eq!(client(&ca, Some(known)).get(format!("{}/a", stub.url())).send().await.unwrap().status(), 200);
    let trail = stub.calls().remove(0).trail;
    assert!(!trail.iter().any(|line| line.starts_with("security:")), "it was looked at: {trail:?}");

    let (_, other) = issued();
    let (theirs, secret) = signed(&other, ExtendedKeyUsagePurpose::ClientAuth);
    let unknown = Identity::from_pem(format!("{theirs}{secret}").as_bytes()).unwrap();
    assert!(client(&ca, Some(unknown)).get(&pets).send().await.is_err(), "of another authority");
}

#[test]
fn files_that_are_no_certificates_or_keys_are_refused_by_name() {
    let (folder, issuer) = issued();
    let (certificate, key) = signed(&issuer, ExtendedKeyUsagePurpose::ServerAuth);
    let (_, other) = signed(&issuer, ExtendedKeyUsagePurpose::ServerAuth);
    let good = (write(&folder, "cert.pem", &certificate), write(&folder, "key.pem", &key));
    let other = write(&folder, "other.pem", &other);
    let empty = write(&folder, "empty.pem", "");
    let none = folder.path().join("none.pem");
    for (about, certificate, key, file, why) in [
        ("another's key", &good.0, &other, "other.pem", "keys may not be consistent: KeyMismatch"),
        ("no certificate", &empty, &good.1, "empty.pem", "there is no certificate in PEM in it"),
        ("no key", &good.0, &empty, "empty.pem", "no items found"),
        ("no file", &none, &good.1, "none.pem", "No such file"),
        ("swapped", &good.1, &good.0, "key.pem", "there is no certificate in PEM in it"),
    ] {
        let told = causes(&Tls::from_files(certificate, key).unwrap_err());
        assert!(told.contains(file) && told.contains(why), "{about}: {told}");
    }
    let told = causes(&Tls::from_files(&good.0, &good.1).unwrap().clients_of(&empty).unwrap_err());
    assert!(told.contains("empty.pem"), "{told}");
}
