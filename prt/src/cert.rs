//! The certification request with which a device joins, and the certificate that it gets.

use core::time::Duration;
use std::str::FromStr as _;

use der::asn1::{Any, BitString, Null, ObjectIdentifier};
use der::{Decode, Encode, Sequence};
use sha1::Digest as _;
use x509_cert::Certificate;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::rsa_key::{KeyError, PrivateKey, PublicKey};

/// Common name that clients put into the certification request of a device join.
pub const REQUEST_COMMON_NAME: &str = "7E980AD9-B86D-4306-9425-9AC066FB014A";
/// Common name of Entra's issuer of device certificates.
pub const ISSUER_COMMON_NAME: &str = "MS-Organization-Access";

/// sha256WithRSAEncryption, RFC 4055 section 5.
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// Why a certification request or a certificate was not accepted or could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertError {
    /// Not the DER of what was expected.
    #[error("not a valid {expected}: {reason}")]
    Malformed {
        /// What was expected.
        expected: &'static str,
        /// What the DER reader says.
        reason: String,
    },
    /// Signed with another algorithm than RSA and SHA-256.
    #[error("signed with {found} instead of sha256WithRSAEncryption")]
    Algorithm {
        /// The object identifier found.
        found: String,
    },
    /// The subject has no common name, or none that can be read.
    #[error("the subject has no common name")]
    NoCommonName,
    /// The text cannot be a common name.
    #[error("{name:?} cannot be a common name")]
    BadCommonName {
        /// The text.
        name: String,
    },
    /// The key or the signature was refused.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A certification request (PKCS#10, RFC 2986), its signature verified.
#[derive(Clone, Debug)]
pub struct CertificationRequest {
    /// Common name of the subject.
    pub common_name: String,
    /// The key to be certified; the request is signed with its private half.
    pub public_key: PublicKey,
}

impl CertificationRequest {
    /// Makes a request for `key`, DER.
    pub fn create(common_name: &str, key: &PrivateKey) -> Result<Vec<u8>, CertError> {
        let info = CertReqInfo {
            version: Version::V1,
            subject: name(common_name)?,
            public_key: spki(key.public())?,
            attributes: Default::default(),
        };
        let signature = sign(&info, key)?;
        encode(&CertReq {
            info,
            algorithm: sha256_with_rsa(),
            signature,
        })
    }

    /// Reads a request and verifies that it is signed with the key that it names.
    pub fn parse(der: &[u8]) -> Result<Self, CertError> {
        let request = CertReq::from_der(der).map_err(|e| malformed("certification request", &e))?;
        expect_algorithm(&request.algorithm)?;
        let public_key = key_of(&request.info.public_key)?;
        public_key.verify_rs256(&encode(&request.info)?, request.signature.raw_bytes())?;
        Ok(Self {
            common_name: common_name(&request.info.subject)?,
            public_key,
        })
    }
}

/// What is to be written into a certificate.
#[derive(Clone, Debug)]
pub struct CertificateTemplate<'a> {
    /// Common name of the subject: the device's id, a GUID.
    pub subject: &'a str,
    /// Common name of the issuer.
    pub issuer: &'a str,
    /// The key certified.
    pub public_key: &'a PublicKey,
    /// Serial number, 16 octets, big endian; the top bit is cleared.
    pub serial: [u8; 16],
    /// Start of validity, seconds since the Unix epoch.
    pub not_before_unix: u64,
    /// End of validity, seconds since the Unix epoch.
    pub not_after_unix: u64,
}

/// A device's certificate, as far as the protocol looks at it.
#[derive(Clone, Debug)]
pub struct DeviceCertificate {
    /// Common name of the subject: the device's id.
    pub subject: String,
    /// Common name of the issuer.
    pub issuer: String,
    /// The device's key.
    pub public_key: PublicKey,
    /// Start of validity, seconds since the Unix epoch.
    pub not_before_unix: u64,
    /// End of validity, seconds since the Unix epoch.
    pub not_after_unix: u64,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl DeviceCertificate {
    /// Issues a certificate, DER.
    pub fn issue(template: &CertificateTemplate<'_>, issuer: &PrivateKey) -> Result<Vec<u8>, CertError> {
        let mut serial = template.serial;
        // positive, and never zero
        serial[0] = serial[0] & 0x7F | 0x40;
        let tbs = TbsCertificate {
            version: 2,
            serial_number: SerialNumber::new(&serial).map_err(|e| malformed("serial number", &e))?,
            signature: sha256_with_rsa(),
            issuer: name(template.issuer)?,
            validity: Validity::new(time(template.not_before_unix)?, time(template.not_after_unix)?),
            subject: name(template.subject)?,
            subject_public_key_info: spki(template.public_key)?,
        };
        let signature = sign(&tbs, issuer)?;
        encode(&SignedCertificate {
            tbs,
            algorithm: sha256_with_rsa(),
            signature,
        })
    }

    /// Reads a certificate. Its signature is verified by [`DeviceCertificate::verify`].
    pub fn parse(der: &[u8]) -> Result<Self, CertError> {
        let certificate = Certificate::from_der(der).map_err(|e| malformed("certificate", &e))?;
        expect_algorithm(certificate.signature_algorithm())?;
        let tbs = certificate.tbs_certificate();
        Ok(Self {
            subject: common_name(tbs.subject())?,
            issuer: common_name(tbs.issuer())?,
            public_key: key_of(tbs.subject_public_key_info())?,
            not_before_unix: tbs.validity().not_before.to_unix_duration().as_secs(),
            not_after_unix: tbs.validity().not_after.to_unix_duration().as_secs(),
            signed: encode(tbs)?,
            signature: certificate.signature().raw_bytes().to_vec(),
        })
    }

    /// Verifies that `issuer` signed the certificate.
    pub fn verify(&self, issuer: &PublicKey) -> Result<(), CertError> {
        Ok(issuer.verify_rs256(&self.signed, &self.signature)?)
    }
}

/// SHA-1 of a certificate in upper case hexadecimal digits, as Windows shows and sends it.
pub fn thumbprint(der: &[u8]) -> String {
    use std::fmt::Write as _;
    sha1::Sha1::digest(der)
        .iter()
        .fold(String::with_capacity(40), |mut text, octet| {
            // writing to a String cannot fail
            let _ = write!(text, "{octet:02X}");
            text
        })
}

/// `TBSCertificate` of RFC 5280 section 4.1 without extensions.
#[derive(Sequence)]
struct TbsCertificate {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    subject_public_key_info: SubjectPublicKeyInfoOwned,
}

/// `Certificate` of RFC 5280 section 4.1.
#[derive(Sequence)]
struct SignedCertificate {
    tbs: TbsCertificate,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

fn sha256_with_rsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: SHA256_WITH_RSA,
        parameters: Some(Any::from(Null)),
    }
}

fn expect_algorithm(algorithm: &AlgorithmIdentifierOwned) -> Result<(), CertError> {
    if algorithm.oid == SHA256_WITH_RSA {
        return Ok(());
    }
    Err(CertError::Algorithm {
        found: algorithm.oid.to_string(),
    })
}

fn sign(content: &impl Encode, key: &PrivateKey) -> Result<BitString, CertError> {
    let signature = key.sign_rs256(&encode(content)?);
    BitString::from_bytes(&signature).map_err(|e| malformed("signature", &e))
}

fn encode(content: &impl Encode) -> Result<Vec<u8>, CertError> {
    content.to_der().map_err(|e| malformed("DER structure", &e))
}

fn spki(key: &PublicKey) -> Result<SubjectPublicKeyInfoOwned, CertError> {
    SubjectPublicKeyInfoOwned::from_der(&key.to_spki_der()).map_err(|e| malformed("public key", &e))
}

fn key_of(spki: &SubjectPublicKeyInfoOwned) -> Result<PublicKey, CertError> {
    Ok(PublicKey::from_spki_der(&encode(spki)?)?)
}

/// A name with one common name. The characters allowed need no escape of RFC 4514.
fn name(common_name: &str) -> Result<Name, CertError> {
    let bad = || CertError::BadCommonName {
        name: common_name.to_owned(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if common_name.is_empty() || common_name.len() > 64 || !common_name.chars().all(plain) {
        return Err(bad());
    }
    Name::from_str(&format!("CN={common_name}")).map_err(|_| bad())
}

fn common_name(name: &Name) -> Result<String, CertError> {
    let text = name.common_name().ok().flatten().ok_or(CertError::NoCommonName)?;
    Ok(text.value().into_owned())
}

fn time(unix_seconds: u64) -> Result<Time, CertError> {
    let date_time = der::DateTime::from_unix_duration(Duration::from_secs(unix_seconds));
    let date_time = date_time.map_err(|e| malformed("time", &e))?;
    // RFC 5280 section 4.1.2.5: UTCTime through 2049
    match der::asn1::UtcTime::from_date_time(date_time) {
        Ok(utc) => Ok(Time::UtcTime(utc)),
        Err(_) => Ok(Time::GeneralTime(der::asn1::GeneralizedTime::from_date_time(
            date_time,
        ))),
    }
}

fn malformed(expected: &'static str, error: &der::Error) -> CertError {
    CertError::Malformed {
        expected,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pool;

    const DEVICE_ID: &str = "d0000000-0000-4000-8000-000000000001";

    fn issue(not_after_unix: u64) -> Vec<u8> {
        let key = pool::key(1);
        let template = CertificateTemplate {
            subject: DEVICE_ID,
            issuer: ISSUER_COMMON_NAME,
            public_key: key.public(),
            serial: [0; 16],
            not_before_unix: 1_795_420_800,
            not_after_unix,
        };
        DeviceCertificate::issue(&template, &pool::key(0)).unwrap()
    }

    #[test]
    fn a_request_names_its_key() {
        let der = CertificationRequest::create(REQUEST_COMMON_NAME, &pool::key(1)).unwrap();
        let request = CertificationRequest::parse(&der).unwrap();
        assert_eq!(request.common_name, REQUEST_COMMON_NAME);
        assert_eq!(&request.public_key, pool::key(1).public());
    }

    #[test]
    fn a_request_signed_by_another_key_is_refused() {
        let mut der = CertificationRequest::create(REQUEST_COMMON_NAME, &pool::key(1)).unwrap();
        *der.last_mut().unwrap() ^= 1;
        assert_eq!(
            CertificationRequest::parse(&der).unwrap_err(),
            CertError::Key(KeyError::BadSignature)
        );
    }

    #[test]
    fn a_certificate_is_read_as_issued() {
        // the second year needs GeneralizedTime
        for not_after_unix in [2_110_953_600, 4_102_444_800] {
            let certificate = DeviceCertificate::parse(&issue(not_after_unix)).unwrap();
            assert_eq!(certificate.subject, DEVICE_ID);
            assert_eq!(certificate.issuer, ISSUER_COMMON_NAME);
            assert_eq!(&certificate.public_key, pool::key(1).public());
            assert_eq!(
                (certificate.not_before_unix, certificate.not_after_unix),
                (1_795_420_800, not_after_unix)
            );
            assert_eq!(certificate.verify(pool::key(0).public()), Ok(()));
            assert_eq!(
                certificate.verify(pool::key(1).public()),
                Err(KeyError::BadSignature.into())
            );
        }
    }

    #[test]
    fn a_name_that_needs_escapes_is_refused() {
        let refused = CertificationRequest::create("a,CN=b", &pool::key(1)).unwrap_err();
        assert_eq!(
            refused,
            CertError::BadCommonName {
                name: "a,CN=b".to_owned()
            }
        );
    }

    proptest! {
        #[test]
        fn no_octets_panic(octets: Vec<u8>, at in 0_usize..700, value: u8) {
            let _ = CertificationRequest::parse(&octets);
            let _ = DeviceCertificate::parse(&octets);
            let mut der = issue(2_110_953_600);
            let at = at % der.len();
            der[at] = value;
            let _ = DeviceCertificate::parse(&der);
        }
    }
}
