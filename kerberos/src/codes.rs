//! The numbers of Kerberos and of Microsoft's extensions, by name.
//!
//! Every type is an open set: a number without a name is kept as it came, because a decoder must show
//! what it does not know. Names are those of the documents that define them.

use std::fmt;

use rasn::{AsnType, Decode, Encode};

/// Defines constants, `name()` and `from_name()` for an open set of numbers.
macro_rules! names {
    ($type:ident, $number:ty, { $($(#[$doc:meta])* $constant:ident = $value:literal, $name:literal;)+ }) => {
        impl $type {
            $($(#[$doc])* pub const $constant: Self = Self($value);)+

            /// Every number with a name, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$constant),+];

            /// The number itself.
            #[must_use]
            pub const fn number(self) -> $number {
                self.0
            }

            /// The name in the document that defines the number.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                #[allow(unreachable_patterns)]
                match self.0 {
                    $($value => Some($name),)+
                    _ => None,
                }
            }

            /// The number with this name, written exactly as `name()` gives it.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$constant),)+
                    _ => None,
                }
            }
        }

        impl From<$number> for $type {
            fn from(number: $number) -> Self {
                Self(number)
            }
        }
    };
}

/// Shows `NAME (number)`, or the number alone when it has no name.
macro_rules! shown_in_decimal {
    ($($type:ident)+) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{name} ({})", self.0),
                    None => write!(f, "{}", self.0),
                }
            }
        }
    )+};
}

/// An error code of KRB-ERROR (RFC 4120 section 7.5.9, RFC 4556, RFC 6113, RFC 6806, MS-KILE section 2.2.2).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[rasn(delegate)]
pub struct ErrorCode(pub i32);

names!(ErrorCode, i32, {
    /// No error.
    NONE = 0, "KDC_ERR_NONE";
    /// The client's entry in the database has expired.
    NAME_EXP = 1, "KDC_ERR_NAME_EXP";
    /// The server's entry in the database has expired.
    SERVICE_EXP = 2, "KDC_ERR_SERVICE_EXP";
    /// The protocol version is not supported.
    BAD_PVNO = 3, "KDC_ERR_BAD_PVNO";
    /// The client's key is of an old master key.
    C_OLD_MAST_KVNO = 4, "KDC_ERR_C_OLD_MAST_KVNO";
    /// The server's key is of an old master key.
    S_OLD_MAST_KVNO = 5, "KDC_ERR_S_OLD_MAST_KVNO";
    /// The client is not in the database.
    C_PRINCIPAL_UNKNOWN = 6, "KDC_ERR_C_PRINCIPAL_UNKNOWN";
    /// The server is not in the database.
    S_PRINCIPAL_UNKNOWN = 7, "KDC_ERR_S_PRINCIPAL_UNKNOWN";
    /// The name has several entries in the database.
    PRINCIPAL_NOT_UNIQUE = 8, "KDC_ERR_PRINCIPAL_NOT_UNIQUE";
    /// The client or server has no key.
    NULL_KEY = 9, "KDC_ERR_NULL_KEY";
    /// The ticket may not be postdated.
    CANNOT_POSTDATE = 10, "KDC_ERR_CANNOT_POSTDATE";
    /// The requested start is later than the end.
    NEVER_VALID = 11, "KDC_ERR_NEVER_VALID";
    /// Policy refuses the request.
    POLICY = 12, "KDC_ERR_POLICY";
    /// An option cannot be granted.
    BADOPTION = 13, "KDC_ERR_BADOPTION";
    /// No common encryption type.
    ETYPE_NOSUPP = 14, "KDC_ERR_ETYPE_NOSUPP";
    /// The checksum type is not supported.
    SUMTYPE_NOSUPP = 15, "KDC_ERR_SUMTYPE_NOSUPP";
    /// The pre-authentication type is not supported.
    PADATA_TYPE_NOSUPP = 16, "KDC_ERR_PADATA_TYPE_NOSUPP";
    /// The transited encoding type is not supported.
    TRTYPE_NOSUPP = 17, "KDC_ERR_TRTYPE_NOSUPP";
    /// The client's credentials have been revoked: disabled, expired or locked out.
    CLIENT_REVOKED = 18, "KDC_ERR_CLIENT_REVOKED";
    /// The server's credentials have been revoked.
    SERVICE_REVOKED = 19, "KDC_ERR_SERVICE_REVOKED";
    /// The TGT has been revoked.
    TGT_REVOKED = 20, "KDC_ERR_TGT_REVOKED";
    /// The client is not yet valid.
    CLIENT_NOTYET = 21, "KDC_ERR_CLIENT_NOTYET";
    /// The server is not yet valid.
    SERVICE_NOTYET = 22, "KDC_ERR_SERVICE_NOTYET";
    /// The password has expired.
    KEY_EXPIRED = 23, "KDC_ERR_KEY_EXPIRED";
    /// The pre-authentication data is wrong: mostly a wrong password.
    PREAUTH_FAILED = 24, "KDC_ERR_PREAUTH_FAILED";
    /// Pre-authentication is needed; the error data says which.
    PREAUTH_REQUIRED = 25, "KDC_ERR_PREAUTH_REQUIRED";
    /// The server in the request and the ticket differ.
    SERVER_NOMATCH = 26, "KDC_ERR_SERVER_NOMATCH";
    /// The server accepts user-to-user authentication only.
    MUST_USE_USER2USER = 27, "KDC_ERR_MUST_USE_USER2USER";
    /// The transited path is refused.
    PATH_NOT_ACCEPTED = 28, "KDC_ERR_PATH_NOT_ACCEPTED";
    /// A service that the KDC needs is not available.
    SVC_UNAVAILABLE = 29, "KDC_ERR_SVC_UNAVAILABLE";
    /// The integrity check of a decrypted field failed: mostly a wrong key.
    BAD_INTEGRITY = 31, "KRB_AP_ERR_BAD_INTEGRITY";
    /// The ticket has expired.
    TKT_EXPIRED = 32, "KRB_AP_ERR_TKT_EXPIRED";
    /// The ticket is not yet valid.
    TKT_NYV = 33, "KRB_AP_ERR_TKT_NYV";
    /// The request was seen before.
    REPEAT = 34, "KRB_AP_ERR_REPEAT";
    /// The ticket is for somebody else.
    NOT_US = 35, "KRB_AP_ERR_NOT_US";
    /// Ticket and authenticator name different clients.
    BADMATCH = 36, "KRB_AP_ERR_BADMATCH";
    /// The clocks differ by more than is allowed.
    SKEW = 37, "KRB_AP_ERR_SKEW";
    /// The network address is not one of the ticket's.
    BADADDR = 38, "KRB_AP_ERR_BADADDR";
    /// The protocol version differs.
    BADVERSION = 39, "KRB_AP_ERR_BADVERSION";
    /// The message type is invalid.
    MSG_TYPE = 40, "KRB_AP_ERR_MSG_TYPE";
    /// The message was changed: its checksum is wrong.
    MODIFIED = 41, "KRB_AP_ERR_MODIFIED";
    /// The message is out of order.
    BADORDER = 42, "KRB_AP_ERR_BADORDER";
    /// No key of the version asked for.
    BADKEYVER = 44, "KRB_AP_ERR_BADKEYVER";
    /// The service has no key.
    NOKEY = 45, "KRB_AP_ERR_NOKEY";
    /// Mutual authentication failed.
    MUT_FAIL = 46, "KRB_AP_ERR_MUT_FAIL";
    /// The direction of the message is wrong.
    BADDIRECTION = 47, "KRB_AP_ERR_BADDIRECTION";
    /// Another authentication method is required.
    METHOD = 48, "KRB_AP_ERR_METHOD";
    /// The sequence number is wrong.
    BADSEQ = 49, "KRB_AP_ERR_BADSEQ";
    /// The checksum is absent or of a type not accepted here.
    INAPP_CKSUM = 50, "KRB_AP_ERR_INAPP_CKSUM";
    /// The transited path is not accepted.
    AP_PATH_NOT_ACCEPTED = 51, "KRB_AP_PATH_NOT_ACCEPTED";
    /// The reply does not fit into a datagram: ask again over TCP.
    RESPONSE_TOO_BIG = 52, "KRB_ERR_RESPONSE_TOO_BIG";
    /// A failure without a better code.
    GENERIC = 60, "KRB_ERR_GENERIC";
    /// A field is too long for this implementation.
    FIELD_TOOLONG = 61, "KRB_ERR_FIELD_TOOLONG";
    /// The client's certificate is not trusted.
    CLIENT_NOT_TRUSTED = 62, "KDC_ERR_CLIENT_NOT_TRUSTED";
    /// The KDC's certificate is not trusted.
    KDC_NOT_TRUSTED = 63, "KDC_ERR_KDC_NOT_TRUSTED";
    /// The signature is invalid.
    INVALID_SIG = 64, "KDC_ERR_INVALID_SIG";
    /// The Diffie-Hellman parameters are not accepted.
    DH_KEY_PARAMETERS_NOT_ACCEPTED = 65, "KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED";
    /// The certificate does not match the client's name.
    CERTIFICATE_MISMATCH = 66, "KDC_ERR_CERTIFICATE_MISMATCH";
    /// No TGT was given for user-to-user authentication.
    NO_TGT = 67, "KRB_AP_ERR_NO_TGT";
    /// The client belongs to another realm, named in `crealm`.
    WRONG_REALM = 68, "KDC_ERR_WRONG_REALM";
    /// User-to-user authentication is required.
    USER_TO_USER_REQUIRED = 69, "KRB_AP_ERR_USER_TO_USER_REQUIRED";
    /// The certificate's chain cannot be verified.
    CANT_VERIFY_CERTIFICATE = 70, "KDC_ERR_CANT_VERIFY_CERTIFICATE";
    /// The certificate is invalid.
    INVALID_CERTIFICATE = 71, "KDC_ERR_INVALID_CERTIFICATE";
    /// The certificate has been revoked.
    REVOKED_CERTIFICATE = 72, "KDC_ERR_REVOKED_CERTIFICATE";
    /// The revocation status is unknown.
    REVOCATION_STATUS_UNKNOWN = 73, "KDC_ERR_REVOCATION_STATUS_UNKNOWN";
    /// The revocation status cannot be fetched.
    REVOCATION_STATUS_UNAVAILABLE = 74, "KDC_ERR_REVOCATION_STATUS_UNAVAILABLE";
    /// The client's name does not match.
    CLIENT_NAME_MISMATCH = 75, "KDC_ERR_CLIENT_NAME_MISMATCH";
    /// The KDC's name does not match.
    KDC_NAME_MISMATCH = 76, "KDC_ERR_KDC_NAME_MISMATCH";
    /// The certificate is not meant for this purpose.
    INCONSISTENT_KEY_PURPOSE = 77, "KDC_ERR_INCONSISTENT_KEY_PURPOSE";
    /// The digest in the certificate is not accepted.
    DIGEST_IN_CERT_NOT_ACCEPTED = 78, "KDC_ERR_DIGEST_IN_CERT_NOT_ACCEPTED";
    /// The checksum must be included.
    PA_CHECKSUM_MUST_BE_INCLUDED = 79, "KDC_ERR_PA_CHECKSUM_MUST_BE_INCLUDED";
    /// The digest in the signed data is not accepted.
    DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED = 80, "KDC_ERR_DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED";
    /// Public key encryption is not supported.
    PUBLIC_KEY_ENCRYPTION_NOT_SUPPORTED = 81, "KDC_ERR_PUBLIC_KEY_ENCRYPTION_NOT_SUPPORTED";
    /// The pre-authentication has expired.
    PREAUTH_EXPIRED = 90, "KDC_ERR_PREAUTH_EXPIRED";
    /// More pre-authentication data is needed.
    MORE_PREAUTH_DATA_REQUIRED = 91, "KDC_ERR_MORE_PREAUTH_DATA_REQUIRED";
    /// The pre-authentication set is not supported.
    PREAUTH_BAD_AUTHENTICATION_SET = 92, "KDC_ERR_PREAUTH_BAD_AUTHENTICATION_SET";
    /// A critical FAST option is unknown.
    UNKNOWN_CRITICAL_FAST_OPTIONS = 93, "KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS";
});

/// A type of pre-authentication data (RFC 4120 section 7.5.2, MS-KILE section 2.2, MS-SFU section 2.2).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[rasn(delegate)]
pub struct PaDataType(pub i32);

names!(PaDataType, i32, {
    /// An AP-REQ with the ticket of a TGS request.
    TGS_REQ = 1, "PA-TGS-REQ";
    /// A timestamp encrypted with the client's key.
    ENC_TIMESTAMP = 2, "PA-ENC-TIMESTAMP";
    /// A salt as bare octets.
    PW_SALT = 3, "PA-PW-SALT";
    /// Encryption types with salts, old form.
    ETYPE_INFO = 11, "PA-ETYPE-INFO";
    /// PKINIT request, draft 9.
    PK_AS_REQ_OLD = 14, "PA-PK-AS-REQ-OLD";
    /// PKINIT reply, draft 9.
    PK_AS_REP_OLD = 15, "PA-PK-AS-REP-OLD";
    /// PKINIT request.
    PK_AS_REQ = 16, "PA-PK-AS-REQ";
    /// PKINIT reply.
    PK_AS_REP = 17, "PA-PK-AS-REP";
    /// Encryption types with salts and string-to-key parameters.
    ETYPE_INFO2 = 19, "PA-ETYPE-INFO2";
    /// Information on a referral, obsolete.
    SVR_REFERRAL_INFO = 20, "PA-SVR-REFERRAL-INFO";
    /// A request for a PAC, or for none.
    PAC_REQUEST = 128, "PA-PAC-REQUEST";
    /// S4U2Self by name.
    FOR_USER = 129, "PA-FOR-USER";
    /// S4U2Self by certificate or name.
    S4U_X509_USER = 130, "PA-S4U-X509-USER";
    /// A checksum of the request, Heimdal's name for a use of 132.
    AS_CHECKSUM = 132, "PA-AS-CHECKSUM";
    /// A cookie of the KDC.
    FX_COOKIE = 133, "PA-FX-COOKIE";
    /// A set of pre-authentication data.
    AUTHENTICATION_SET = 134, "PA-AUTHENTICATION-SET";
    /// The chosen set.
    AUTH_SET_SELECTED = 135, "PA-AUTH-SET-SELECTED";
    /// A FAST request or reply.
    FX_FAST = 136, "PA-FX-FAST";
    /// An error inside FAST.
    FX_ERROR = 137, "PA-FX-ERROR";
    /// A challenge encrypted inside FAST.
    ENCRYPTED_CHALLENGE = 138, "PA-ENCRYPTED-CHALLENGE";
    /// Anonymous PKINIT key contribution.
    PKINIT_KX = 147, "PA-PKINIT-KX";
    /// A PKU2U name.
    PKU2U_NAME = 148, "PA-PKU2U-NAME";
    /// A request for encrypted pre-authentication data in the reply, and its checksum.
    REQ_ENC_PA_REP = 149, "PA-REQ-ENC-PA-REP";
    /// The freshness token of PKINIT.
    AS_FRESHNESS = 150, "PA-AS-FRESHNESS";
    /// SPAKE.
    SPAKE = 151, "PA-SPAKE";
    /// Encryption types of which the client wants its long-term keys.
    KERB_KEY_LIST_REQ = 161, "KERB-KEY-LIST-REQ";
    /// The client's long-term keys.
    KERB_KEY_LIST_REP = 162, "KERB-KEY-LIST-REP";
    /// The encryption types of an account, a bit mask.
    SUPPORTED_ENCTYPES = 165, "PA-SUPPORTED-ENCTYPES";
    /// Extended errors are understood.
    EXTENDED_ERROR = 166, "PA-EXTENDED-ERROR";
    /// What the client can do with a PAC.
    PAC_OPTIONS = 167, "PA-PAC-OPTIONS";
    /// Heimdal's GSS pre-authentication.
    GSS = 655, "PA-GSS";
});

/// A type of authorization data (RFC 4120 section 7.5.4, MS-KILE section 2.2.6 and following).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[rasn(delegate)]
pub struct AdType(pub i32);

names!(AdType, i32, {
    /// Data that may be ignored by those who do not know it.
    IF_RELEVANT = 1, "AD-IF-RELEVANT";
    /// Data vouched for by the KDC.
    KDC_ISSUED = 4, "AD-KDC-ISSUED";
    /// Alternatives.
    AND_OR = 5, "AD-AND-OR";
    /// Data that the KDC must know.
    MANDATORY_FOR_KDC = 8, "AD-MANDATORY-FOR-KDC";
    /// Types of the client's authentication.
    INITIAL_VERIFIED_CAS = 9, "AD-INITIAL-VERIFIED-CAS";
    /// The FAST armor ticket.
    FX_ARMOR = 71, "AD-FX-ARMOR";
    /// FAST was used.
    FX_FAST_USED = 72, "AD-FX-FAST-USED";
    /// Aliases of the client.
    LOGIN_ALIAS = 80, "AD-LOGIN-ALIAS";
    /// Data vouched for by KDC and service.
    CAMMAC = 96, "AD-CAMMAC";
    /// Strength of the authentication.
    AUTHENTICATION_INDICATOR = 97, "AD-AUTHENTICATION-INDICATOR";
    /// The PAC.
    WIN2K_PAC = 128, "AD-WIN2K-PAC";
    /// Encryption types that the client can use with the service.
    ETYPE_NEGOTIATION = 129, "AD-ETYPE-NEGOTIATION";
    /// Restrictions of a token: KERB-AD-RESTRICTION-ENTRY.
    TOKEN_RESTRICTIONS = 141, "KERB-AUTH-DATA-TOKEN-RESTRICTIONS";
    /// A context of the local machine.
    LOCAL = 142, "KERB-LOCAL";
    /// Options of the client towards the service.
    AP_OPTIONS = 143, "AD-AUTH-DATA-AP-OPTIONS";
    /// The service name that the client meant.
    TARGET_PRINCIPAL = 144, "AD-TARGET-PRINCIPAL";
    /// GSS signature data of Windows.
    SIGNTICKET = 512, "AD-SIGNTICKET";
});

/// The number of a message, which is also its application tag (RFC 4120 section 7.5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageType(pub i32);

names!(MessageType, i32, {
    /// A ticket.
    TICKET = 1, "Ticket";
    /// The authenticator of an AP-REQ.
    AUTHENTICATOR = 2, "Authenticator";
    /// The encrypted part of a ticket.
    ENC_TICKET_PART = 3, "EncTicketPart";
    /// Request for a first ticket.
    AS_REQ = 10, "AS-REQ";
    /// Answer to an AS-REQ.
    AS_REP = 11, "AS-REP";
    /// Request with a TGT.
    TGS_REQ = 12, "TGS-REQ";
    /// Answer to a TGS-REQ.
    TGS_REP = 13, "TGS-REP";
    /// Request to a service.
    AP_REQ = 14, "AP-REQ";
    /// Answer of a service.
    AP_REP = 15, "AP-REP";
    /// User-to-user request for a TGT.
    TGT_REQ = 16, "KRB-TGT-REQ";
    /// User-to-user answer with a TGT.
    TGT_REP = 17, "KRB-TGT-REP";
    /// A message with a checksum.
    SAFE = 20, "KRB-SAFE";
    /// An encrypted message.
    PRIV = 21, "KRB-PRIV";
    /// Credentials.
    CRED = 22, "KRB-CRED";
    /// The encrypted part of an AS-REP.
    ENC_AS_REP_PART = 25, "EncASRepPart";
    /// The encrypted part of a TGS-REP.
    ENC_TGS_REP_PART = 26, "EncTGSRepPart";
    /// The encrypted part of an AP-REP.
    ENC_AP_REP_PART = 27, "EncAPRepPart";
    /// The encrypted part of a KRB-PRIV.
    ENC_KRB_PRIV_PART = 28, "EncKrbPrivPart";
    /// The encrypted part of a KRB-CRED.
    ENC_KRB_CRED_PART = 29, "EncKrbCredPart";
    /// An error.
    ERROR = 30, "KRB-ERROR";
});

/// The type of a principal name (RFC 4120 section 6.2, RFC 6111, MS-KILE section 3.1.5.5).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[rasn(delegate)]
pub struct NameType(pub i32);

names!(NameType, i32, {
    /// Not known.
    UNKNOWN = 0, "NT-UNKNOWN";
    /// A user, or a service by its account.
    PRINCIPAL = 1, "NT-PRINCIPAL";
    /// A service and its instance, as krbtgt.
    SRV_INST = 2, "NT-SRV-INST";
    /// A service with a host name as its instance.
    SRV_HST = 3, "NT-SRV-HST";
    /// A service with the host as further components.
    SRV_XHST = 4, "NT-SRV-XHST";
    /// A unique id.
    UID = 5, "NT-UID";
    /// An X.500 name.
    X500_PRINCIPAL = 6, "NT-X500-PRINCIPAL";
    /// A mail address.
    SMTP_NAME = 7, "NT-SMTP-NAME";
    /// A user principal name in one component, to be resolved by the KDC.
    ENTERPRISE = 10, "NT-ENTERPRISE";
    /// A well-known name.
    WELLKNOWN = 11, "NT-WELLKNOWN";
    /// A service and its host and domain.
    SRV_HST_DOMAIN = 12, "NT-SRV-HST-DOMAIN";
    /// A name of the Windows NT style.
    MS_PRINCIPAL = -128, "NT-MS-PRINCIPAL";
    /// A name of the Windows NT style with its SID.
    MS_PRINCIPAL_AND_ID = -129, "NT-MS-PRINCIPAL-AND-ID";
    /// An enterprise name with its SID.
    ENT_PRINCIPAL_AND_ID = -130, "NT-ENT-PRINCIPAL-AND-ID";
});

shown_in_decimal!(ErrorCode PaDataType AdType MessageType NameType);

/// A status of Windows (MS-ERREF section 2.3), as carried in KERB-ERROR-DATA and shown by clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NtStatus(pub u32);

names!(NtStatus, u32, {
    /// It worked.
    SUCCESS = 0x0000_0000, "STATUS_SUCCESS";
    /// A parameter is wrong.
    INVALID_PARAMETER = 0xC000_000D, "STATUS_INVALID_PARAMETER";
    /// Access is denied.
    ACCESS_DENIED = 0xC000_0022, "STATUS_ACCESS_DENIED";
    /// The object name is not found.
    OBJECT_NAME_NOT_FOUND = 0xC000_0034, "STATUS_OBJECT_NAME_NOT_FOUND";
    /// There are no logon servers.
    NO_LOGON_SERVERS = 0xC000_005E, "STATUS_NO_LOGON_SERVERS";
    /// There is no such logon session.
    NO_SUCH_LOGON_SESSION = 0xC000_005F, "STATUS_NO_SUCH_LOGON_SESSION";
    /// There is no such user.
    NO_SUCH_USER = 0xC000_0064, "STATUS_NO_SUCH_USER";
    /// The password is wrong.
    WRONG_PASSWORD = 0xC000_006A, "STATUS_WRONG_PASSWORD";
    /// The user name or password is wrong.
    LOGON_FAILURE = 0xC000_006D, "STATUS_LOGON_FAILURE";
    /// A restriction of the account refuses the logon.
    ACCOUNT_RESTRICTION = 0xC000_006E, "STATUS_ACCOUNT_RESTRICTION";
    /// The logon hours refuse the logon.
    INVALID_LOGON_HOURS = 0xC000_006F, "STATUS_INVALID_LOGON_HOURS";
    /// The workstation is not allowed.
    INVALID_WORKSTATION = 0xC000_0070, "STATUS_INVALID_WORKSTATION";
    /// The password has expired.
    PASSWORD_EXPIRED = 0xC000_0071, "STATUS_PASSWORD_EXPIRED";
    /// The account is disabled.
    ACCOUNT_DISABLED = 0xC000_0072, "STATUS_ACCOUNT_DISABLED";
    /// No match: no delegation is set up for the target.
    NO_MATCH = 0xC000_0272, "STATUS_NO_MATCH";
    /// The validation information is of a class not known.
    BAD_VALIDATION_CLASS = 0xC000_00A7, "STATUS_BAD_VALIDATION_CLASS";
    /// The network path is not found.
    BAD_NETWORK_PATH = 0xC000_00BE, "STATUS_BAD_NETWORK_PATH";
    /// The server has no such share.
    BAD_NETWORK_NAME = 0xC000_00CC, "STATUS_BAD_NETWORK_NAME";
    /// Not supported.
    NOT_SUPPORTED = 0xC000_00BB, "STATUS_NOT_SUPPORTED";
    /// The clocks differ too much.
    TIME_DIFFERENCE_AT_DC = 0xC000_0133, "STATUS_TIME_DIFFERENCE_AT_DC";
    /// The domain's trust database has no account for this computer.
    NO_TRUST_SAM_ACCOUNT = 0xC000_018B, "STATUS_NO_TRUST_SAM_ACCOUNT";
    /// The account has expired.
    ACCOUNT_EXPIRED = 0xC000_0193, "STATUS_ACCOUNT_EXPIRED";
    /// The password must be changed before the logon.
    PASSWORD_MUST_CHANGE = 0xC000_0224, "STATUS_PASSWORD_MUST_CHANGE";
    /// Not found.
    NOT_FOUND = 0xC000_0225, "STATUS_NOT_FOUND";
    /// The account is locked out.
    ACCOUNT_LOCKED_OUT = 0xC000_0234, "STATUS_ACCOUNT_LOCKED_OUT";
    /// A domain controller cannot be found.
    DOMAIN_CONTROLLER_NOT_FOUND = 0xC000_0233, "STATUS_DOMAIN_CONTROLLER_NOT_FOUND";
    /// The network cannot be reached.
    NETWORK_UNREACHABLE = 0xC000_023C, "STATUS_NETWORK_UNREACHABLE";
    /// A smart card, or Hello for Business, is required.
    SMARTCARD_LOGON_REQUIRED = 0xC000_02FA, "STATUS_SMARTCARD_LOGON_REQUIRED";
    /// The KDC knows none of the encryption types.
    KDC_UNKNOWN_ETYPE = 0xC000_02FD, "STATUS_KDC_UNKNOWN_ETYPE";
    /// A read-only domain controller has no secrets of this account.
    NO_SECRETS = 0xC000_0371, "STATUS_NO_SECRETS";
    /// An authentication policy refuses the logon.
    AUTHENTICATION_FIREWALL_FAILED = 0xC000_0413, "STATUS_AUTHENTICATION_FIREWALL_FAILED";
});

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:08X})", self.0),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

/// The name of an encryption type, including those that this crate cannot use (RFC 3961 registry, RFC 4757, RFC 8009).
#[must_use]
pub const fn etype_name(etype: i32) -> Option<&'static str> {
    Some(match etype {
        0 => "null",
        1 => "des-cbc-crc",
        2 => "des-cbc-md4",
        3 => "des-cbc-md5",
        16 => "des3-cbc-sha1",
        17 => "aes128-cts-hmac-sha1-96",
        18 => "aes256-cts-hmac-sha1-96",
        19 => "aes128-cts-hmac-sha256-128",
        20 => "aes256-cts-hmac-sha384-192",
        23 => "rc4-hmac",
        24 => "rc4-hmac-exp",
        -128 => "rc4-hmac-old-md4",
        -133 => "rc4-hmac-old",
        -135 => "rc4-hmac-old-exp",
        _ => return None,
    })
}

/// The name of a checksum type (RFC 3961 registry, RFC 4757, RFC 8009, RFC 4121).
#[must_use]
pub const fn checksum_type_name(checksum_type: i32) -> Option<&'static str> {
    Some(match checksum_type {
        1 => "crc32",
        7 => "rsa-md5",
        12 => "hmac-sha1-des3-kd",
        14 => "sha1",
        15 => "hmac-sha1-96-aes128",
        16 => "hmac-sha1-96-aes256",
        19 => "hmac-sha256-128-aes128",
        20 => "hmac-sha384-192-aes256",
        0x8003 => "gss-krb5",
        -138 => "hmac-md5",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_with_its_name_and_number() {
        assert_eq!(ErrorCode::TGT_REVOKED.to_string(), "KDC_ERR_TGT_REVOKED (20)");
        assert_eq!(ErrorCode(30).to_string(), "30");
        assert_eq!(
            NtStatus::ACCOUNT_DISABLED.to_string(),
            "STATUS_ACCOUNT_DISABLED (0xC0000072)"
        );
        assert_eq!(NtStatus(0xC000_FFFF).to_string(), "0xC000FFFF");
    }

    #[test]
    fn names_are_unique_and_lead_back_to_their_number() {
        for code in ErrorCode::ALL {
            assert_eq!(code.name().and_then(ErrorCode::from_name), Some(*code));
        }
        for status in NtStatus::ALL {
            assert_eq!(status.name().and_then(NtStatus::from_name), Some(*status));
        }
        for kind in PaDataType::ALL {
            assert_eq!(kind.name().and_then(PaDataType::from_name), Some(*kind));
        }
    }
}
