//! Logins and certificates, right ones and wrong ones, at a real broker.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod kafka;

use std::path::{Path, PathBuf};
use std::time::Duration;

use brokers::kafka::{Options, Security};
use bus::kafka::{Config, KafkaBus, Mechanism, Sasl, SecurityProtocol};
use bus::{Class, Start};
use kafka::{numbered, own, read, within};
use model::Stream;

fn users() -> Vec<(String, String)> {
    vec![("edgeroam".to_owned(), "right".to_owned())]
}

fn login(dir: &Path, mechanism: Mechanism, password: &str) -> Option<Sasl> {
    let password_file: PathBuf = dir.join(format!("{password}.txt"));
    std::fs::write(&password_file, format!("{password}\n")).unwrap();
    Some(Sasl { mechanism, username: "edgeroam".into(), password_file })
}

/// The bus works with these settings.
async fn works(config: Config) {
    let bus = within("connecting", KafkaBus::connect(config)).await.unwrap();
    bus.publish(Stream::Orders, vec![numbered("app/1", 1)]).await.unwrap();
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
    let first = read(&mut reader, 1).await.remove(0);
    reader.ack(first.sequence).await.unwrap();
}

/// It is refused with these settings, for good and at once where the broker says so.
async fn refused(config: Config) -> String {
    let error = within("connecting", KafkaBus::connect(config)).await.map(drop).expect_err("refused");
    assert_eq!(error.class(), Class::Permanent, "{error}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_in_the_clear_works_and_a_wrong_one_is_told() {
    let security = Some(Security::SaslPlaintext { users: users() });
    let Some(broker) = own(&Options { security, ..Options::default() }) else { return };
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        security_protocol: SecurityProtocol::SaslPlaintext,
        sasl: login(dir.path(), Mechanism::Plain, "right"),
        connect_timeout: Duration::from_secs(30),
        ..Config::at(&broker.secured_address())
    };
    works(config.clone()).await;
    let wrong = Config { sasl: login(dir.path(), Mechanism::Plain, "wrong"), ..config };
    let text = refused(wrong).await;
    assert!(text.contains("sasl.username") && text.contains("127.0.0.1"), "{text}");
}

#[cfg(feature = "kafka-tls")]
mod encrypted {
    use bus::kafka::Tls;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    use super::*;

    /// An authority and what it has signed, as files.
    struct Authority {
        issuer: CertifiedIssuer<'static, KeyPair>,
        dir: tempfile::TempDir,
    }

    impl Authority {
        fn new() -> Self {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, "EdgeRoam's test authority");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let own = Self { issuer, dir: tempfile::tempdir().unwrap() };
            own.write("ca.pem", &own.issuer.pem());
            own
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.path(name), text).unwrap();
        }

        /// Certificate, key, and both in one file, under this name.
        fn sign(&self, name: &str) {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
            let key = key.serialize_pem();
            self.write(&format!("{name}.crt"), &certificate);
            self.write(&format!("{name}.key"), &key);
            self.write(&format!("{name}.pem"), &format!("{key}{certificate}"));
        }

        fn trusted(&self) -> Tls {
            Tls { ca_file: Some(self.path("ca.pem")), ..Tls::default() }
        }

        fn shown(&self, name: &str) -> Tls {
            let file = |end: &str| Some(self.path(&format!("{name}.{end}")));
            Tls { cert_file: file("crt"), key_file: file("key"), ..self.trusted() }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn encrypted_logins_work_and_wrong_ones_are_told() {
        let authority = Authority::new();
        authority.sign("broker");
        let key_store = authority.path("broker.pem");
        let security = Some(Security::SaslSsl { key_store, users: users() });
        let Some(broker) = own(&Options { security, ..Options::default() }) else { return };
        for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512] {
            let config = Config {
                prefix: format!("{mechanism:?}"),
                security_protocol: SecurityProtocol::SaslSsl,
                sasl: login(authority.dir.path(), mechanism, "right"),
                tls: authority.trusted(),
                connect_timeout: Duration::from_secs(30),
                ..Config::at(&broker.secured_address())
            };
            works(config.clone()).await;
            let wrong = Config { sasl: login(authority.dir.path(), mechanism, "wrong"), ..config.clone() };
            let text = refused(wrong).await;
            assert!(text.contains("sasl.username"), "{mechanism:?}: {text}");
            let stranger = Authority::new();
            let text = refused(Config { tls: stranger.trusted(), ..config }).await;
            assert!(text.contains("`tls`") && text.contains("certificate"), "{mechanism:?}: {text}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn certificates_of_clients_are_asked_for() {
        let authority = Authority::new();
        authority.sign("broker");
        authority.sign("client");
        let security = Security::MutualTls {
            key_store: authority.path("broker.pem"),
            trust_store: authority.path("ca.pem"),
        };
        let options = Options { security: Some(security), ..Options::default() };
        let Some(broker) = own(&options) else { return };
        let config = Config {
            security_protocol: SecurityProtocol::Ssl,
            tls: authority.shown("client"),
            connect_timeout: Duration::from_secs(30),
            ..Config::at(&broker.secured_address())
        };
        works(config.clone()).await;
        let text = refused(Config { tls: authority.trusted(), ..config.clone() }).await;
        assert!(text.contains("`tls`"), "no certificate: {text}");
        let stranger = Authority::new();
        stranger.sign("client");
        let strange = Tls { ca_file: Some(authority.path("ca.pem")), ..stranger.shown("client") };
        let text = refused(Config { tls: strange, ..config }).await;
        assert!(text.contains("`tls`"), "a stranger's: {text}");
    }
}
