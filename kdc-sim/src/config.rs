//! Settings of a domain controller.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use kerberos::codes::ErrorCode;
use kerberos::crypto::Etype;
use kerberos::wire::SupportedEnctypes;

/// A domain controller: what it is, whose behaviour it follows, and its policy.
///
/// [`DcConfig::new`] gives a writable, fully updated Windows Server with the policy of a fresh domain.
#[derive(Clone, Debug)]
pub struct DcConfig {
    /// NetBIOS name, as in LOGON_INFO: `DC01`.
    pub name: Arc<str>,
    /// Whose answers are given where public knowledge knows two. Default: Windows.
    pub profile: Profile,
    /// The month of the newest update installed. Default: [`UpdateLevel::CURRENT`].
    pub updates: UpdateLevel,
    /// Whether it holds everybody's keys. A read-only one cannot exchange partial TGTs. Default: true.
    pub writable: bool,
    /// The key number of the read-only domain controller that this one is (msDS-SecondaryKrbTgtNumber): it issues under that key
    /// for the accounts whose secrets it holds. Default: none.
    pub rodc: Option<u16>,
    /// Whether KERB-KEY-LIST-REQ is answered: Server 2016 with KB4534307, Server 2019 with KB4534321, and later. Default: true.
    pub key_list: bool,
    /// What it makes of FAST: the policy "KDC support for claims, compound authentication and Kerberos armoring". Default: off.
    pub armoring: Armoring,
    /// How far a client's clock may be off. Default: 5 minutes, as in the default domain policy.
    pub max_skew: Duration,
    /// Life of a TGT. Default: 10 hours.
    pub max_ticket_age: Duration,
    /// For how long a TGT can be renewed. Default: 7 days.
    pub max_renew_age: Duration,
    /// Life of a service ticket. Default: 600 minutes.
    pub max_service_age: Duration,
    /// Encryption types that policy allows. Default: RC4, AES128, AES256.
    pub supported_enctypes: SupportedEnctypes,
    /// What an account without msDS-SupportedEncryptionTypes is taken to have (DefaultDomainSupportedEncTypes).
    /// Default: 0x27 as of KB5021131: an RC4 ticket with an AES session key.
    pub default_supported_enctypes: SupportedEnctypes,
    /// Encryption type of the key that makes the KDC signature of a PAC. Default: AES256; before November 2022 Windows used RC4.
    pub kdc_signature: Etype,
    /// How many earlier keys of a krbtgt account still open tickets. Default: 1; Samba keeps 2.
    pub old_keys: usize,
    /// What is answered when no key opens a TGT. Default: KRB_AP_ERR_BAD_INTEGRITY; the other answer that is reported is KRB_AP_ERR_MODIFIED.
    pub wrong_key: ErrorCode,
    /// Whether the realms that a client of another realm came through are compared with the trusts. Default: not, as MS-KILE says;
    /// Samba does.
    pub check_transited: bool,
    /// Whether addresses that a client names go into tickets (KdcUseClientAddresses). Default: false; Samba does it.
    pub client_addresses: bool,
    /// From which age of a TGT on the account's state is looked at again. Default: 20 minutes (MS-KILE section 3.3.5.7.1).
    pub account_recheck_after: Duration,
    /// A TGT of a read-only domain controller that has no more than this left is refused as expired. Default: zero;
    /// Samba has two minutes, so that tickets for changing a password are of no use here.
    pub rodc_minimum_left: Duration,
    /// The largest reply in a datagram, in octets: larger ones become KRB_ERR_RESPONSE_TOO_BIG. Default: 1465. A PAC makes most replies larger.
    pub udp_reply_limit: usize,
    /// Failed pre-authentications after which an account counts as locked out for this domain controller; 0 for never. Default: 0.
    pub lockout_threshold: u32,
}

impl DcConfig {
    /// A writable Windows Server with all updates.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let aes = SupportedEnctypes::AES128_CTS_HMAC_SHA1_96 | SupportedEnctypes::AES256_CTS_HMAC_SHA1_96;
        Self {
            name: name.into(),
            profile: Profile::Windows,
            updates: UpdateLevel::CURRENT,
            writable: true,
            rodc: None,
            key_list: true,
            armoring: Armoring::Off,
            max_skew: Duration::from_secs(5 * 60),
            max_ticket_age: Duration::from_secs(10 * 3600),
            max_renew_age: Duration::from_secs(7 * 24 * 3600),
            max_service_age: Duration::from_secs(600 * 60),
            supported_enctypes: aes | SupportedEnctypes::RC4_HMAC,
            default_supported_enctypes: SupportedEnctypes::DES_CBC_CRC
                | SupportedEnctypes::DES_CBC_MD5
                | SupportedEnctypes::RC4_HMAC
                | SupportedEnctypes::AES256_SK,
            kdc_signature: Etype::Aes256CtsHmacSha196,
            old_keys: 1,
            wrong_key: ErrorCode::BAD_INTEGRITY,
            check_transited: false,
            client_addresses: false,
            account_recheck_after: Duration::from_secs(20 * 60),
            rodc_minimum_left: Duration::ZERO,
            udp_reply_limit: 1465,
            lockout_threshold: 0,
        }
    }

    /// A Samba domain controller: its answers, two old keys, its two-minute rule.
    #[must_use]
    pub fn samba(name: &str) -> Self {
        Self {
            profile: Profile::Samba,
            key_list: false,
            client_addresses: true,
            old_keys: 2,
            check_transited: true,
            rodc_minimum_left: Duration::from_secs(120),
            udp_reply_limit: 1400,
            ..Self::new(name)
        }
    }

    /// Whether a TGT has to have a PAC that names its requestor (the hardening of November 2021).
    #[must_use]
    pub fn requires_requestor(&self) -> bool {
        self.updates >= UpdateLevel::PAC_HARDENING || self.profile == Profile::Samba
    }

    /// Whether service tickets carry a full signature (KB5020805, November 2022).
    #[must_use]
    pub fn full_signature(&self) -> bool {
        self.updates >= UpdateLevel::FULL_SIGNATURE && self.profile == Profile::Windows
    }
}

/// What a domain controller makes of FAST: ClaimsCompIdFASTSupport (MS-KILE section 3.3.5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Armoring {
    /// 0: it answers as if there were no FAST.
    #[default]
    Off,
    /// 1, "supported": armored requests are served, and encrypted pre-authentication data say so, but errors do not.
    Supported,
    /// 2, "always provide claims": pre-authentication errors announce PA-FX-FAST.
    Announced,
    /// 3, "fail unarmored authentication requests": only computers may sign in without armor.
    Required,
}

/// Whose behaviour a domain controller follows.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Windows Server, as far as it is known.
    #[default]
    Windows,
    /// Samba 4.17, as measured.
    Samba,
}

/// The month of the newest cumulative update of a domain controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpdateLevel {
    year: u16,
    month: u8,
}

impl UpdateLevel {
    /// December 2020: a ticket that is not forwardable is not passed on, not even by resource-based constrained
    /// delegation (KB4598347, CVE-2020-16996).
    pub const DELEGATION_HARDENING: Self = Self {
        year: 2020,
        month: 12,
    };
    /// November 2021: the PAC names its requestor, and a TGT without it is refused.
    pub const PAC_HARDENING: Self = Self {
        year: 2021,
        month: 11,
    };
    /// November 2022: a full signature in service tickets.
    pub const FULL_SIGNATURE: Self = Self {
        year: 2022,
        month: 11,
    };
    /// The default: everything that is known here.
    pub const CURRENT: Self = Self {
        year: 2026,
        month: 11,
    };
}

impl FromStr for UpdateLevel {
    type Err = UpdateLevelError;

    fn from_str(text: &str) -> Result<Self, UpdateLevelError> {
        let wrong = || UpdateLevelError(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let level = Self {
            year: year.parse().map_err(|_| wrong())?,
            month: month.parse().map_err(|_| wrong())?,
        };
        if (2000..=2100).contains(&level.year) && (1..=12).contains(&level.month) {
            Ok(level)
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for UpdateLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A text that is no update level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an update level such as 2021-10, came {0:?}")]
pub struct UpdateLevelError(String);

/// How a request arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// In a datagram: the reply has to fit [`DcConfig::udp_reply_limit`].
    Udp,
    /// In a stream.
    Tcp,
}
