//! Why a flow of the device failed: who is at fault, what was expected, what came.

use std::sync::Arc;

use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::wire::DecodeError;

use crate::network::NetworkError;

/// Why a flow failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// Nobody answered.
    #[error("{0}")]
    Network(#[from] NetworkError),
    /// Entra refused.
    #[error("Entra refused: {0}")]
    Cloud(CloudFailure),
    /// Entra's answer was not what the protocol says.
    #[error("Entra's answer to {request} is not usable: {why}")]
    CloudAnswer {
        /// What was asked.
        request: &'static str,
        /// What is wrong with the answer.
        why: Arc<str>,
    },
    /// The suffix of the sign-in name is verified in no tenant.
    #[error("Entra knows no tenant of the domain of {upn}")]
    UnknownRealm {
        /// The sign-in name.
        upn: Arc<str>,
    },
    /// No DC of the domain was found.
    #[error("no domain controller was found for {domain}")]
    NoDomainController {
        /// The DNS name of the domain.
        domain: Arc<str>,
    },
    /// The proxy of a realm's KDCs cannot be used.
    #[error("the KDC proxy {url} of {realm} cannot be used: {why}")]
    KdcProxy {
        /// Where it should be.
        url: Arc<str>,
        /// The realm.
        realm: Arc<str>,
        /// What came instead of an answer.
        why: Arc<str>,
    },
    /// A KDC or a service refused with a KRB-ERROR.
    #[error("{0}")]
    Kerberos(KerberosFailure),
    /// A KDC's or a service's answer was not what the protocol says.
    #[error("the answer of {host} is not usable: {why}")]
    KerberosAnswer {
        /// Who answered.
        host: Arc<str>,
        /// What is wrong with the answer.
        why: AnswerFault,
    },
    /// The device or the session lacks what the flow needs.
    #[error("{0}")]
    Missing(Missing),
    /// Hello may not be set up, or does not work, here.
    #[error("Windows Hello for Business: {0}")]
    Hello(HelloFailure),
    /// The share exists and the user may not open it.
    #[error("{host} knows the user and denies access to {share}")]
    AccessDenied {
        /// The server.
        host: Arc<str>,
        /// The share.
        share: Arc<str>,
    },
    /// The server takes the user and has no such share: a queue of a printer is one, too.
    #[error("{host} knows the user and has nothing shared as {share}")]
    ShareUnknown {
        /// The server.
        host: Arc<str>,
        /// The share.
        share: Arc<str>,
    },
    /// A server does not take the proof of NTLM.
    #[error("{host} refuses the logon by NTLM: {status}")]
    NtlmRefused {
        /// The server.
        host: Arc<str>,
        /// What it says.
        status: NtStatus,
    },
    /// A web server answered with another status than 200.
    #[error("{url} answers: {text}")]
    Page {
        /// Where the page is.
        url: Arc<str>,
        /// The status.
        status: u16,
        /// The first line of what it says.
        text: Arc<str>,
    },
}

impl FlowError {
    /// Whether somebody refused, now or when the device asked for what it now lacks: not a failure of the network, or of an
    /// answer that is of no use.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Network(_)
            | Self::CloudAnswer { .. }
            | Self::UnknownRealm { .. }
            | Self::NoDomainController { .. }
            | Self::KdcProxy { .. }
            | Self::KerberosAnswer { .. } => false,
            Self::Cloud(_)
            | Self::Kerberos(_)
            | Self::Missing(_)
            | Self::Hello(_)
            | Self::AccessDenied { .. }
            | Self::ShareUnknown { .. }
            | Self::NtlmRefused { .. }
            | Self::Page { .. } => true,
        }
    }

    /// The NTSTATUS that Windows gives its callers for this.
    pub fn nt_status(&self) -> NtStatus {
        match self {
            Self::Network(error) => network_status(error),
            Self::Cloud(failure) => failure.nt_status(),
            Self::CloudAnswer { .. } => INVALID_NETWORK_RESPONSE,
            Self::NoDomainController { .. } | Self::KdcProxy { .. } => NtStatus::NO_LOGON_SERVERS,
            Self::Kerberos(failure) => failure.nt_status(),
            Self::KerberosAnswer { .. } => NtStatus::LOGON_FAILURE,
            // as Microsoft's page on the PRT has it for a failed realm discovery
            Self::UnknownRealm { .. } => NtStatus::NO_SUCH_LOGON_SESSION,
            Self::Missing(missing) => missing.nt_status(),
            Self::Hello(failure) => failure.nt_status(),
            Self::Page { status: 404, .. } => NtStatus::OBJECT_NAME_NOT_FOUND,
            Self::NtlmRefused { status, .. } => *status,
            Self::ShareUnknown { .. } => NtStatus::BAD_NETWORK_NAME,
            Self::AccessDenied { .. } | Self::Page { .. } => NtStatus::ACCESS_DENIED,
        }
    }

    /// The KRB-ERROR behind this, if there is one.
    pub const fn kerberos(&self) -> Option<&KerberosFailure> {
        match self {
            Self::Kerberos(failure) => Some(failure),
            _ => None,
        }
    }

    /// Whether nobody could be reached, as opposed to somebody who refused.
    pub const fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Network(_) | Self::NoDomainController { .. } | Self::KdcProxy { .. }
        )
    }
}

/// STATUS_INVALID_NETWORK_RESPONSE.
const INVALID_NETWORK_RESPONSE: NtStatus = NtStatus(0xC000_00C3);
/// STATUS_UNEXPECTED_NETWORK_ERROR.
const UNEXPECTED_NETWORK_ERROR: NtStatus = NtStatus(0xC000_00C4);
/// STATUS_REQUEST_NOT_ACCEPTED: what CloudAP makes of HTTP status 400.
const REQUEST_NOT_ACCEPTED: NtStatus = NtStatus(0xC000_00D0);

/// STATUS_SMARTCARD_NO_CERTIFICATE: what the lab reports for certificate trust without a certificate.
const SMARTCARD_NO_CERTIFICATE: NtStatus = NtStatus(0xC000_0383);

const fn network_status(error: &NetworkError) -> NtStatus {
    match error {
        NetworkError::NameNotFound { .. } | NetworkError::Timeout { .. } => NtStatus::BAD_NETWORK_PATH,
        NetworkError::Unreachable { .. } => NtStatus::NETWORK_UNREACHABLE,
        NetworkError::Refused { .. } | NetworkError::Reset { .. } | NetworkError::Tls { .. } => {
            UNEXPECTED_NETWORK_ERROR
        }
    }
}

/// An answer of Entra with an error in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HTTP {http_status}, {error}: {description}")]
pub struct CloudFailure {
    /// Where the request went.
    pub uri: Arc<str>,
    /// The status of the answer.
    pub http_status: u16,
    /// `error`: `invalid_grant`. Empty when the answer holds no such field.
    pub error: Arc<str>,
    /// The number of the AADSTS code.
    pub aadsts: Option<u32>,
    /// `error_description`, which begins with the AADSTS code.
    pub description: Arc<str>,
}

impl CloudFailure {
    /// The status that CloudAP reports: 0xc000006d for a refused credential, 0xc00000d0 for another refusal.
    pub fn nt_status(&self) -> NtStatus {
        /// Codes that speak of the credential: wrong, locked, unknown user, expired, disabled.
        const CREDENTIAL: [u32; 6] = [50034, 50053, 50055, 50056, 50057, 50126];
        match self.aadsts {
            Some(code) if CREDENTIAL.contains(&code) => NtStatus::LOGON_FAILURE,
            _ if self.http_status == 400 => REQUEST_NOT_ACCEPTED,
            _ => INVALID_NETWORK_RESPONSE,
        }
    }
}

/// A KRB-ERROR, and who sent it for what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} answered {code} to the request for {request}")]
pub struct KerberosFailure {
    /// Who answered.
    pub host: Arc<str>,
    /// What was asked for.
    pub request: KdcRequest,
    /// The error code.
    pub code: ErrorCode,
    /// The status in the error data, if the KDC put one there.
    pub status: Option<NtStatus>,
    /// The text in the error, if there is one.
    pub text: Option<Arc<str>>,
}

impl KerberosFailure {
    /// The NTSTATUS that the Kerberos package makes of the code. A refused partial TGT is reported as a failed logon
    /// whatever the code is, except where the clocks differ.
    pub fn nt_status(&self) -> NtStatus {
        if let Some(status) = self.status {
            return status;
        }
        match self.code {
            ErrorCode::SKEW => NtStatus::TIME_DIFFERENCE_AT_DC,
            ErrorCode::KEY_EXPIRED => NtStatus::PASSWORD_EXPIRED,
            _ if self.request == KdcRequest::Exchange => NtStatus::LOGON_FAILURE,
            ErrorCode::C_PRINCIPAL_UNKNOWN => NtStatus::NO_SUCH_USER,
            ErrorCode::S_PRINCIPAL_UNKNOWN | ErrorCode::WRONG_REALM => NtStatus::NO_TRUST_SAM_ACCOUNT,
            ErrorCode::ETYPE_NOSUPP => NtStatus::KDC_UNKNOWN_ETYPE,
            ErrorCode::CLIENT_REVOKED => NtStatus::ACCOUNT_DISABLED,
            ErrorCode::POLICY => NtStatus::ACCOUNT_RESTRICTION,
            ErrorCode::PREAUTH_FAILED => NtStatus::WRONG_PASSWORD,
            _ => NtStatus::LOGON_FAILURE,
        }
    }
}

/// What was asked of a KDC or a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KdcRequest {
    /// A TGT for a password.
    PasswordTgt,
    /// A full TGT for a partial one.
    Exchange,
    /// A TGT for an older one.
    Renewal,
    /// A ticket for a service.
    ServiceTicket,
    /// Access to a service.
    Access,
}

impl std::fmt::Display for KdcRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PasswordTgt => "a TGT by password",
            Self::Exchange => "a full TGT",
            Self::Renewal => "a renewed TGT",
            Self::ServiceTicket => "a service ticket",
            Self::Access => "access",
        })
    }
}

/// What is wrong with an answer of a KDC or a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// It is not the message that was expected.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// It is no message of a file server.
    #[error("{0}")]
    Access(#[from] crate::access::AccessError),
    /// Its encrypted part cannot be opened.
    #[error("{0}")]
    Open(#[from] kerberos::wire::OpenError),
    /// The session key in it cannot be used.
    #[error("{0}")]
    SessionKey(#[from] kerberos::wire::SessionKeyError),
    /// It repeats another nonce than was sent.
    #[error("it repeats another nonce")]
    Nonce,
    /// It is for another client or service than was asked for.
    #[error("expected {expected} in it, found {found}")]
    Name {
        /// What was asked for.
        expected: Arc<str>,
        /// What came.
        found: Arc<str>,
    },
    /// The service did not prove that it could read the ticket.
    #[error("it repeats another time than was sent: the service did not prove itself")]
    MutualAuthentication,
    /// Referrals that lead nowhere.
    #[error("more than {0} referrals in a row")]
    Referrals(usize),
    /// The client cannot use what the KDC offers.
    #[error("the KDC offers no encryption type that the device can use with a password")]
    NoCommonEtype,
}

/// What the device or a session does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Missing {
    /// The device is not registered with a tenant.
    #[error("the device is not registered with a tenant")]
    Registration,
    /// There is no such logon session.
    #[error("there is no such logon session")]
    Session,
    /// The user has no PRT here.
    #[error("the user has no primary refresh token on this device")]
    Prt,
    /// Hello is not set up for the user.
    #[error("the user has not set up Windows Hello on this device")]
    HelloKey,
    /// No security key is registered for the user.
    #[error("the user has no security key that Entra knows")]
    SecurityKey,
    /// The session is that of an account of the device itself: no ticket of any realm can be had.
    #[error("the session is a local account's, which no domain and no tenant knows")]
    DomainCredential,
    /// The edition of Windows cannot be joined.
    #[error("Windows Home can be joined neither to Entra nor to a domain, only registered")]
    JoinEdition,
    /// The edition of Windows is no host of Remote Desktop.
    #[error("Windows Home takes no connections by Remote Desktop")]
    RemoteDesktopHost,
    /// Only accounts of the device itself sign in to Windows here.
    #[error(
        "the device is registered and not joined: a local account signs in to Windows, with its password"
    )]
    Join,
    /// There is neither a partial TGT nor a password: no on-premises ticket can be had.
    #[error("the session holds neither a partial TGT nor a password for the domain")]
    OnPremCredential,
    /// There is no cloud TGT, or policy keeps it out of the ticket cache.
    #[error("the session holds no cloud TGT")]
    CloudTgt,
    /// There is no TGT to renew, or it cannot be renewed any more.
    #[error("the session holds no TGT that can be renewed")]
    RenewableTgt,
}

impl Missing {
    const fn nt_status(self) -> NtStatus {
        match self {
            Self::Join | Self::JoinEdition | Self::RemoteDesktopHost => NtStatus::NOT_SUPPORTED,
            Self::Session | Self::DomainCredential => NtStatus::NO_SUCH_LOGON_SESSION,
            _ => NtStatus::NO_LOGON_SERVERS,
        }
    }
}

/// Why Hello does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum HelloFailure {
    /// Policy does not allow it.
    #[error("policy does not allow it")]
    Disabled,
    /// On a hybrid joined device with cloud trust, set-up waits for a partial TGT.
    #[error("set-up waits for an on-premises ticket, and Entra delivered none")]
    NoPartialTgt,
    /// Neither cloud trust nor certificate trust is used: key trust is tried, which the DCs of this lab do not offer.
    #[error("cloud trust is not used: key trust was tried, and no DC supports it")]
    KeyTrust,
    /// Certificate trust is on, and nobody in this lab issues certificates.
    #[error("certificate trust is on, and the user has no certificate")]
    CertificateTrust,
    /// Policy asks for a TPM.
    #[error("policy asks for a TPM, and the device has none")]
    NoTpm,
    /// A Hello key under cloud trust is no credential that another computer can be given.
    #[error(
        "the Hello key stays on its device: Remote Desktop needs a password, a certificate or Remote Credential Guard"
    )]
    NotSupplied,
    /// The key is at the device, and the user is not.
    #[error("the user is connected by Remote Desktop")]
    Remote,
}

impl HelloFailure {
    const fn nt_status(self) -> NtStatus {
        match self {
            Self::Disabled | Self::KeyTrust | Self::NoTpm | Self::NotSupplied | Self::Remote => {
                NtStatus::NOT_SUPPORTED
            }
            Self::CertificateTrust => SMARTCARD_NO_CERTIFICATE,
            Self::NoPartialTgt => NtStatus::NO_LOGON_SERVERS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(request: KdcRequest, code: ErrorCode) -> NtStatus {
        KerberosFailure {
            host: "dc01".into(),
            request,
            code,
            status: None,
            text: None,
        }
        .nt_status()
    }

    #[test]
    fn a_denied_exchange_is_a_failed_logon_and_a_wrong_clock_is_not() {
        assert_eq!(
            refused(KdcRequest::Exchange, ErrorCode::TGT_REVOKED),
            NtStatus::LOGON_FAILURE
        );
        assert_eq!(
            refused(KdcRequest::Exchange, ErrorCode::SKEW),
            NtStatus::TIME_DIFFERENCE_AT_DC
        );
        assert_eq!(
            refused(KdcRequest::ServiceTicket, ErrorCode::S_PRINCIPAL_UNKNOWN),
            NtStatus::NO_TRUST_SAM_ACCOUNT
        );
    }
}
