//! The lab's certificate authority: made at start, constrained to the lab's names, its key never written.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What TLS needs on both sides.
pub(crate) struct LabTls {
    /// The authority's certificate, for clients: `ca.pem`.
    pub(crate) ca_pem: String,
    /// For the servers: a leaf with every name of the lab.
    pub(crate) server: Arc<rustls::ServerConfig>,
    /// For the lab's own devices.
    pub(crate) client: Arc<rustls::ClientConfig>,
}

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A name is not one a certificate can carry, or signing failed.
    #[error("cannot make the lab's certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused the certificate.
    #[error("cannot use the lab's certificate: {0}")]
    Tls(#[from] rustls::Error),
}

impl LabTls {
    /// Makes an authority that can vouch for `names` (DNS names and addresses) and nothing else, and one leaf for all of
    /// them. The authority's private key is dropped here.
    pub(crate) fn for_names(names: &[String]) -> Result<Self, TlsError> {
        let mut leaf = CertificateParams::new(names)?;
        let ca_key = KeyPair::generate()?;
        let ca = authority(&leaf.subject_alt_names);
        let ca_certificate = ca.self_signed(&ca_key)?;

        leaf.distinguished_name = named("trustlab server");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let leaf_key = KeyPair::generate()?;
        let leaf_certificate = leaf.signed_by(&leaf_key, &Issuer::from_params(&ca, &ca_key))?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let mut server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf_certificate.der().clone()], key)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];

        let mut roots = rustls::RootCertStore::empty();
        roots.add(ca_certificate.der().clone())?;
        let client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            ca_pem: ca_certificate.pem(),
            server: Arc::new(server),
            client: Arc::new(client),
        })
    }
}

fn authority(permitted: &[SanType]) -> CertificateParams {
    let mut ca = CertificateParams::default();
    ca.distinguished_name = named("trustlab throw-away authority");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let permitted_subtrees = permitted
        .iter()
        .filter_map(|name| match name {
            SanType::DnsName(name) => Some(GeneralSubtree::DnsName(name.to_string())),
            SanType::IpAddress(address) => {
                let bits = if address.is_ipv4() { 32 } else { 128 };
                Some(GeneralSubtree::IpAddress(rcgen::CidrSubnet::from_addr_prefix(
                    *address, bits,
                )))
            }
            _ => None,
        })
        .collect();
    ca.name_constraints = Some(NameConstraints {
        permitted_subtrees,
        excluded_subtrees: vec![],
    });
    ca
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
