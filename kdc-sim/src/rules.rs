//! The catalogue: every check a domain controller makes.
//!
//! A rule that ends requests says with which error. [`ALL`] lists them, in the order they are made.

mod armor;
mod delegation;
mod policy;

pub use armor::*;
pub use delegation::*;
pub use policy::*;

use evidence::decision::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &REQ_KERBEROS,
    &REQ_WELL_FORMED,
    &REQ_MESSAGE_TYPE,
    &REQ_DATAGRAM,
    &AS_REALM,
    &AS_CLIENT_KNOWN,
    &SERVICE_KNOWN,
    &ACCOUNT_STATE,
    &PASSWORD_AGE,
    &AS_ARMORED,
    &AS_WORKSTATION,
    &AUTHN_POLICY_FROM,
    &AS_PREAUTH_PRESENT,
    &AS_PREAUTH_ETYPE,
    &AS_PREAUTH_KEY,
    &AS_PREAUTH_SKEW,
    &AS_PROTECTED_ETYPE,
    &SESSION_ETYPE,
    &TIMES,
    &POSTDATED,
    &OPTION_AVAILABLE,
    &FAST_ARMOR_PRESENT,
    &FAST_ARMOR_KIND,
    &FAST_SUBKEY,
    &FAST_REQUEST_KEY,
    &FAST_CHECKSUM_TYPE,
    &FAST_CHECKSUM,
    &FAST_OPTIONS,
    &FAST_USED,
    &FAST_ARMOR_ONLY,
    &TGS_TGT_PRESENT,
    &TGS_TICKET_FOR_US,
    &TGS_TICKET_KEY,
    &TGS_TICKET_KEY_VERSION,
    &TGS_TICKET_STARTED,
    &TGS_TICKET_ENDED,
    &TGS_SESSION_KEY,
    &TGS_AUTH_KEY,
    &TGS_AUTH_CLIENT,
    &TGS_AUTH_SKEW,
    &TGS_AUTH_REPEAT,
    &TGS_BODY_CHECKSUM_TYPE,
    &TGS_BODY_CHECKSUM,
    &TGS_CLIENT_KNOWN,
    &TGS_PAC_PRESENT,
    &TGS_PAC_COMPLETE,
    &TGS_PAC_SIGNED,
    &TGS_PAC_REQUESTOR,
    &TGS_RODC_WRITABLE,
    &TGS_RODC_KNOWN,
    &TGS_RODC_KEY,
    &TGS_RODC_PAC,
    &TGS_RODC_SID,
    &TGS_RODC_LINKED,
    &TGS_RODC_CLIENT_KIND,
    &TGS_RODC_DENIED,
    &TGS_RODC_ALLOWED,
    &TGS_RODC_LIFE,
    &TGS_RODC_S4U,
    &RODC_SECRETS,
    &TGS_TRUST_KEY,
    &TGS_TRUST_CLIENT,
    &TGS_TRANSITED,
    &TGS_TRUST_SID,
    &TGS_SIDS_FILTERED,
    &TGS_SELECTIVE,
    &AUTHN_POLICY_TO,
    &TGS_ADDITIONAL_TICKET,
    &U2U_ONLY,
    &U2U_TGT,
    &U2U_SERVICE,
    &S4U_USER_CHECKSUM_TYPE,
    &S4U_USER_CHECKSUM,
    &S4U_USER_KNOWN,
    &S4U_SELF_SERVICE,
    &S4U_TARGET,
    &S4U_EVIDENCE_SERVICE,
    &S4U_EVIDENCE_KEY,
    &S4U_EVIDENCE_ENDED,
    &S4U_EVIDENCE_SIGNED,
    &S4U_ALLOWED,
    &S4U_ACCEPTED,
    &S4U_FORWARDABLE,
    &TGS_OPTION_GRANTED,
    &TGS_RENEW_TILL,
    &TGS_SERVICE_ETYPE,
    &FAST,
    &U2U,
    &S4U_SELF,
    &S4U_PROXY,
    &ISSUED,
    &TGS_PAC_REBUILT,
    &TGS_RESOURCE_GROUPS,
    &TGS_KEY_LIST,
];

/// The octets are a Kerberos message.
pub static REQ_KERBEROS: Rule = Rule {
    id: "REQ-KERBEROS",
    title: "The octets are a Kerberos message",
    reference: "RFC 4120 section 5.10",
    refuses_with: Some("nothing"),
    passes_when: "they begin with an application tag of Kerberos",
};

/// The request is what its tag announces.
pub static REQ_WELL_FORMED: Rule = Rule {
    id: "REQ-WELL-FORMED",
    title: "The request is what its tag announces",
    reference: "RFC 4120 section 5.4.1",
    refuses_with: Some("KRB_ERR_GENERIC"),
    passes_when: "the DER of an AS-REQ or TGS-REQ, and nothing else",
};

/// The message is a request to a KDC.
pub static REQ_MESSAGE_TYPE: Rule = Rule {
    id: "REQ-MESSAGE-TYPE",
    title: "The message is a request to a KDC",
    reference: "RFC 4120 section 5.4.1",
    refuses_with: Some("KRB_AP_ERR_MSG_TYPE"),
    passes_when: "an AS-REQ or a TGS-REQ",
};

/// The reply fits into a datagram.
pub static REQ_DATAGRAM: Rule = Rule {
    id: "REQ-DATAGRAM",
    title: "The reply fits into a datagram",
    reference: "RFC 4120 section 7.2.1",
    refuses_with: Some("KRB_ERR_RESPONSE_TOO_BIG"),
    passes_when: "a reply within the limit for datagrams, or a request over TCP",
};

/// The client belongs to this realm.
pub static AS_REALM: Rule = Rule {
    id: "AS-REALM",
    title: "The client belongs to this realm",
    reference: "RFC 6806 section 8, MS-KILE section 3.3.5.6.1",
    refuses_with: Some("KDC_ERR_WRONG_REALM"),
    passes_when: "the realm of this domain in any case, or its NetBIOS name",
};

/// The client is an account of the directory.
pub static AS_CLIENT_KNOWN: Rule = Rule {
    id: "AS-CLIENT-KNOWN",
    title: "The client is an account of the directory",
    reference: "MS-KILE section 3.3.5.6.1",
    refuses_with: Some("KDC_ERR_C_PRINCIPAL_UNKNOWN"),
    passes_when: "a sAMAccountName, with or without its dollar sign, or a userPrincipalName; no krbtgt of a read-only domain controller",
};

/// The service is an account of the directory.
pub static SERVICE_KNOWN: Rule = Rule {
    id: "SERVICE-KNOWN",
    title: "The service is an account of the directory",
    reference: "RFC 4120 section 3.3.3",
    refuses_with: Some("KDC_ERR_S_PRINCIPAL_UNKNOWN"),
    passes_when: "a service principal name that an account has",
};

/// The account can log on.
pub static ACCOUNT_STATE: Rule = Rule {
    id: "ACCOUNT-STATE",
    title: "The account can log on",
    reference: "MS-KILE section 3.3.5.7.1",
    refuses_with: Some("KDC_ERR_CLIENT_REVOKED"),
    passes_when: "neither disabled, locked out, expired nor outside its logon hours; in a TGS exchange a TGT younger than 20 minutes also passes",
};

/// The password need not be changed.
pub static PASSWORD_AGE: Rule = Rule {
    id: "PASSWORD-AGE",
    title: "The password need not be changed",
    reference: "MS-KILE section 3.3.5.7.1; for partial TGTs the error map of impacket",
    refuses_with: Some("KDC_ERR_KEY_EXPIRED"),
    passes_when: "a password that is not expired",
};

/// The client proves itself.
pub static AS_PREAUTH_PRESENT: Rule = Rule {
    id: "AS-PREAUTH-PRESENT",
    title: "The client proves itself",
    reference: "RFC 4120 section 3.1.3, MS-KILE section 3.3.5.1",
    refuses_with: Some("KDC_ERR_PREAUTH_REQUIRED"),
    passes_when: "PA-ENC-TIMESTAMP, or an account that needs none",
};

/// The timestamp is of an encryption type the account has.
pub static AS_PREAUTH_ETYPE: Rule = Rule {
    id: "AS-PREAUTH-ETYPE",
    title: "The timestamp is of an encryption type the account has",
    reference: "RFC 4120 section 3.1.3",
    refuses_with: Some("KDC_ERR_ETYPE_NOSUPP"),
    passes_when: "an encryption type of PA-ETYPE-INFO2",
};

/// The timestamp opens with the account's key.
pub static AS_PREAUTH_KEY: Rule = Rule {
    id: "AS-PREAUTH-KEY",
    title: "The timestamp opens with the account's key",
    reference: "RFC 4120 section 3.1.3",
    refuses_with: Some("KDC_ERR_PREAUTH_FAILED"),
    passes_when: "the key of the present password",
};

/// The timestamp is within the clock skew.
pub static AS_PREAUTH_SKEW: Rule = Rule {
    id: "AS-PREAUTH-SKEW",
    title: "The timestamp is within the clock skew",
    reference: "RFC 4120 section 3.1.3",
    refuses_with: Some("KRB_AP_ERR_SKEW"),
    passes_when: "a time within the tolerated skew",
};

/// Client and KDC have an encryption type in common.
pub static SESSION_ETYPE: Rule = Rule {
    id: "SESSION-ETYPE",
    title: "Client and KDC have an encryption type in common",
    reference: "RFC 4120 section 3.1.3",
    refuses_with: Some("KDC_ERR_ETYPE_NOSUPP"),
    passes_when: "an encryption type that policy allows",
};

/// The ticket ends after it begins.
pub static TIMES: Rule = Rule {
    id: "TIMES",
    title: "The ticket ends after it begins",
    reference: "RFC 4120 section 3.1.3",
    refuses_with: Some("KDC_ERR_NEVER_VALID"),
    passes_when: "a till that lies in the future",
};

/// The ticket begins now.
pub static POSTDATED: Rule = Rule {
    id: "POSTDATED",
    title: "The ticket begins now",
    reference: "RFC 4120 section 3.1.3, MS-KILE section 3.1.5.4",
    refuses_with: Some("KDC_ERR_CANNOT_POSTDATE"),
    passes_when: "no POSTDATED, and no start beyond the tolerated skew; ALLOW_POSTDATE alone is passed over",
};

/// The options are available.
pub static OPTION_AVAILABLE: Rule = Rule {
    id: "OPTION-AVAILABLE",
    title: "The options are available",
    reference: "MS-KILE section 3.1.5.4; samba-team/samba kdc_tgs_tests.py, by which Windows validates nothing",
    refuses_with: Some("Windows profile: KDC_ERR_BADOPTION"),
    passes_when: "no VALIDATE; the Samba profile validates",
};

/// The request has a TGT.
pub static TGS_TGT_PRESENT: Rule = Rule {
    id: "TGS-TGT-PRESENT",
    title: "The request has a TGT",
    reference: "RFC 4120 section 3.3.2",
    refuses_with: Some("KDC_ERR_PADATA_TYPE_NOSUPP"),
    passes_when: "a PA-TGS-REQ",
};

/// The TGT is for this realm.
pub static TGS_TICKET_FOR_US: Rule = Rule {
    id: "TGS-TICKET-FOR-US",
    title: "The TGT is for this realm",
    reference: "RFC 4120 section 3.3.3",
    refuses_with: Some("KRB_AP_ERR_NOT_US"),
    passes_when: "a ticket for krbtgt of this realm",
};

/// The TGT opens with a key of krbtgt.
pub static TGS_TICKET_KEY: Rule = Rule {
    id: "TGS-TICKET-KEY",
    title: "The TGT opens with a key of krbtgt",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "the present key of krbtgt, or one of the kept earlier ones",
};

/// The key version of the TGT is kept.
pub static TGS_TICKET_KEY_VERSION: Rule = Rule {
    id: "TGS-TICKET-KEY-VERSION",
    title: "The key version of the TGT is kept",
    reference: "measured: Samba 4.17",
    refuses_with: Some("Samba profile: KRB_AP_ERR_BADKEYVER"),
    passes_when: "the version of a kept key; the Windows profile takes the version as a hint",
};

/// The TGT is valid already.
pub static TGS_TICKET_STARTED: Rule = Rule {
    id: "TGS-TICKET-STARTED",
    title: "The TGT is valid already",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_TKT_NYV"),
    passes_when: "a start within the tolerated skew, and no INVALID flag",
};

/// The TGT has not ended.
pub static TGS_TICKET_ENDED: Rule = Rule {
    id: "TGS-TICKET-ENDED",
    title: "The TGT has not ended",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_TKT_EXPIRED"),
    passes_when: "an end in the future",
};

/// The session key can be used.
pub static TGS_SESSION_KEY: Rule = Rule {
    id: "TGS-SESSION-KEY",
    title: "The session key can be used",
    reference: "RFC 4120 section 5.3",
    refuses_with: Some("KDC_ERR_ETYPE_NOSUPP"),
    passes_when: "a key of encryption type 17, 18 or 23",
};

/// The authenticator opens with the session key.
pub static TGS_AUTH_KEY: Rule = Rule {
    id: "TGS-AUTH-KEY",
    title: "The authenticator opens with the session key",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "an authenticator made with the session key of the ticket",
};

/// Ticket and authenticator name the same client.
pub static TGS_AUTH_CLIENT: Rule = Rule {
    id: "TGS-AUTH-CLIENT",
    title: "Ticket and authenticator name the same client",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_BADMATCH"),
    passes_when: "the same realm and name in both",
};

/// The authenticator is of now.
pub static TGS_AUTH_SKEW: Rule = Rule {
    id: "TGS-AUTH-SKEW",
    title: "The authenticator is of now",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_SKEW"),
    passes_when: "a time within the tolerated skew",
};

/// The authenticator is new.
pub static TGS_AUTH_REPEAT: Rule = Rule {
    id: "TGS-AUTH-REPEAT",
    title: "The authenticator is new",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_REPEAT"),
    passes_when: "one that was not seen before",
};

/// The body is covered by a checksum of the session key.
pub static TGS_BODY_CHECKSUM_TYPE: Rule = Rule {
    id: "TGS-BODY-CHECKSUM-TYPE",
    title: "The body is covered by a checksum of the session key",
    reference: "RFC 4120 section 3.3.3; that Windows does without is inferred from clients that send none",
    refuses_with: Some("KRB_AP_ERR_INAPP_CKSUM"),
    passes_when: "a checksum of the session key's type; in the Windows profile also none",
};

/// The body is what the authenticator covers.
pub static TGS_BODY_CHECKSUM: Rule = Rule {
    id: "TGS-BODY-CHECKSUM",
    title: "The body is what the authenticator covers",
    reference: "RFC 4120 section 3.3.3",
    refuses_with: Some("KRB_AP_ERR_MODIFIED"),
    passes_when: "the body as it was signed",
};

/// The client of the TGT is an account of the directory.
pub static TGS_CLIENT_KNOWN: Rule = Rule {
    id: "TGS-CLIENT-KNOWN",
    title: "The client of the TGT is an account of the directory",
    reference: "samba-team/samba source4/kdc/pac-glue.c",
    refuses_with: Some("KDC_ERR_C_PRINCIPAL_UNKNOWN"),
    passes_when: "a client that exists",
};

/// The TGT has a PAC.
pub static TGS_PAC_PRESENT: Rule = Rule {
    id: "TGS-PAC-PRESENT",
    title: "The TGT has a PAC",
    reference: "KB5008380",
    refuses_with: Some("KDC_ERR_TGT_REVOKED"),
    passes_when: "a PAC, or an update level before November 2021",
};

/// The PAC has what every TGT has.
pub static TGS_PAC_COMPLETE: Rule = Rule {
    id: "TGS-PAC-COMPLETE",
    title: "The PAC has what every TGT has",
    reference: "samba-team/samba source4/kdc/pac-glue.c",
    refuses_with: Some("KRB_ERR_GENERIC"),
    passes_when: "LOGON_INFO, CLIENT_INFO, server and KDC signature",
};

/// The PAC is signed by the KDC that issued the TGT.
pub static TGS_PAC_SIGNED: Rule = Rule {
    id: "TGS-PAC-SIGNED",
    title: "The PAC is signed by the KDC that issued the TGT",
    reference: "MS-PAC section 2.8; measured: Samba 4.17, which does not look at the KDC signature of a partial TGT",
    refuses_with: Some("KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "server and KDC signature made with krbtgt's key",
};

/// The client's name is still that of who asked for the TGT.
pub static TGS_PAC_REQUESTOR: Rule = Rule {
    id: "TGS-PAC-REQUESTOR",
    title: "The client's name is still that of who asked for the TGT",
    reference: "MS-KILE section 3.3.5.6.4.8, KB5008380",
    refuses_with: Some("KDC_ERR_TGT_REVOKED"),
    passes_when: "the SID of the account that has the name",
};

/// A writable domain controller exchanges partial TGTs.
pub static TGS_RODC_WRITABLE: Rule = Rule {
    id: "TGS-RODC-WRITABLE",
    title: "A writable domain controller exchanges partial TGTs",
    reference: "MS-KILE section 3.2.5.7",
    refuses_with: Some("KDC_ERR_S_PRINCIPAL_UNKNOWN with STATUS_NO_SECRETS"),
    passes_when: "a writable domain controller",
};

/// The key number is that of a read-only domain controller of this domain.
pub static TGS_RODC_KNOWN: Rule = Rule {
    id: "TGS-RODC-KNOWN",
    title: "The key number is that of a read-only domain controller of this domain",
    reference: "error map of fortra/impacket; measured: Samba 4.17",
    refuses_with: Some("KDC_ERR_S_PRINCIPAL_UNKNOWN, Samba profile: KRB_AP_ERR_NOT_US"),
    passes_when: "the upper half of kvno is an msDS-SecondaryKrbTgtNumber",
};

/// The partial TGT opens with a key of that read-only domain controller.
pub static TGS_RODC_KEY: Rule = Rule {
    id: "TGS-RODC-KEY",
    title: "The partial TGT opens with a key of that read-only domain controller",
    reference: "error map of fortra/impacket; measured: Samba 4.17",
    refuses_with: Some("KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "the present key of krbtgt_<number>, or a kept earlier one",
};

/// The partial TGT has a PAC.
pub static TGS_RODC_PAC: Rule = Rule {
    id: "TGS-RODC-PAC",
    title: "The partial TGT has a PAC",
    reference: "fortra/impacket secretsdump.py; measured: Samba 4.17",
    refuses_with: Some("KDC_ERR_TGT_REVOKED"),
    passes_when: "a PAC, or an update level before November 2021",
};

/// The requestor SID is that of the client.
pub static TGS_RODC_SID: Rule = Rule {
    id: "TGS-RODC-SID",
    title: "The requestor SID is that of the client",
    reference: "samba-team/samba kdc_tgs_tests.py; measured: Samba 4.17",
    refuses_with: Some("KDC_ERR_TGT_REVOKED"),
    passes_when: "a REQUESTOR buffer with the SID of the account that has the client's name",
};

/// The key belongs to a computer that is a read-only domain controller.
pub static TGS_RODC_LINKED: Rule = Rule {
    id: "TGS-RODC-LINKED",
    title: "The key belongs to a computer that is a read-only domain controller",
    reference: "samba-team/samba kdc_tgs_tests.py",
    refuses_with: Some("KDC_ERR_POLICY"),
    passes_when: "msDS-KrbTgtLink, and PARTIAL_SECRETS_ACCOUNT in userAccountControl",
};

/// The client is neither a krbtgt nor a trust.
pub static TGS_RODC_CLIENT_KIND: Rule = Rule {
    id: "TGS-RODC-CLIENT-KIND",
    title: "The client is neither a krbtgt nor a trust",
    reference: "samba-team/samba source4/dsdb/common",
    refuses_with: Some("KDC_ERR_TGT_REVOKED"),
    passes_when: "a user or a computer",
};

/// The client is in no group that is never revealed.
pub static TGS_RODC_DENIED: Rule = Rule {
    id: "TGS-RODC-DENIED",
    title: "The client is in no group that is never revealed",
    reference: "samba-team/samba kdc_tgs_tests.py; measured: Samba 4.17",
    refuses_with: Some("KDC_ERR_TGT_REVOKED"),
    passes_when: "no SID of the client in msDS-NeverRevealGroup",
};

/// The client is in a group that may be revealed.
pub static TGS_RODC_ALLOWED: Rule = Rule {
    id: "TGS-RODC-ALLOWED",
    title: "The client is in a group that may be revealed",
    reference: "samba-team/samba kdc_tgs_tests.py; measured: Samba 4.17",
    refuses_with: Some("KDC_ERR_TGT_REVOKED"),
    passes_when: "a SID of the client in msDS-RevealOnDemandGroup",
};

/// The partial TGT is not one for changing a password.
pub static TGS_RODC_LIFE: Rule = Rule {
    id: "TGS-RODC-LIFE",
    title: "The partial TGT is not one for changing a password",
    reference: "samba-team/samba source4/kdc/wdc-samba4.c",
    refuses_with: Some("Samba profile: KRB_AP_ERR_TKT_EXPIRED"),
    passes_when: "more than two minutes left; the Windows profile does not look",
};

/// A partial TGT is not used for S4U2Self.
pub static TGS_RODC_S4U: Rule = Rule {
    id: "TGS-RODC-S4U",
    title: "A partial TGT is not used for S4U2Self",
    reference: "samba-team/samba source4/kdc/pac-glue.c, on Windows Server 2022",
    refuses_with: Some("Windows profile: KDC_ERR_C_PRINCIPAL_UNKNOWN"),
    passes_when: "no PA-FOR-USER; the Samba profile allows it",
};

/// The TGT has the flag that an option needs.
pub static TGS_OPTION_GRANTED: Rule = Rule {
    id: "TGS-OPTION-GRANTED",
    title: "The TGT has the flag that an option needs",
    reference: "RFC 4120 section 3.3.3",
    refuses_with: Some("KDC_ERR_BADOPTION"),
    passes_when: "FORWARDABLE for a forwarded ticket, PROXIABLE for a proxy, RENEWABLE to renew, INVALID to validate",
};

/// The TGT can still be renewed.
pub static TGS_RENEW_TILL: Rule = Rule {
    id: "TGS-RENEW-TILL",
    title: "The TGT can still be renewed",
    reference: "RFC 4120 section 3.3.3",
    refuses_with: Some("KRB_AP_ERR_TKT_EXPIRED"),
    passes_when: "a renew-till in the future",
};

/// The service has a key of a type the client can use.
pub static TGS_SERVICE_ETYPE: Rule = Rule {
    id: "TGS-SERVICE-ETYPE",
    title: "The service has a key of a type the client can use",
    reference: "RFC 4120 section 3.3.3",
    refuses_with: Some("KDC_ERR_ETYPE_NOSUPP"),
    passes_when: "a key of the service that the client lists",
};

/// A ticket is issued.
pub static ISSUED: Rule = Rule {
    id: "ISSUED",
    title: "A ticket is issued",
    reference: "RFC 4120 section 3.1.3 and 3.3.3",
    refuses_with: None,
    passes_when: "always",
};

/// The PAC is made anew from the directory.
pub static TGS_PAC_REBUILT: Rule = Rule {
    id: "TGS-PAC-REBUILT",
    title: "The PAC is made anew from the directory",
    reference: "samba-team/samba source4/kdc/wdc-samba4.c; measured: Samba 4.17",
    refuses_with: None,
    passes_when: "always for a partial TGT",
};

/// Domain-local groups go into service tickets.
pub static TGS_RESOURCE_GROUPS: Rule = Rule {
    id: "TGS-RESOURCE-GROUPS",
    title: "Domain-local groups go into service tickets",
    reference: "MS-PAC section 4.1.2.1",
    refuses_with: None,
    passes_when: "always for a service ticket",
};

/// The client's long-term keys are given.
pub static TGS_KEY_LIST: Rule = Rule {
    id: "TGS-KEY-LIST",
    title: "The client's long-term keys are given",
    reference: "MS-KILE section 3.3.5.7.8",
    refuses_with: None,
    passes_when: "KERB-KEY-LIST-REQ with a partial TGT for krbtgt",
};

/// A referral TGT opens with a key of the trust.
pub static TGS_TRUST_KEY: Rule = Rule {
    id: "TGS-TRUST-KEY",
    title: "A referral TGT opens with a key of the trust",
    reference: "RFC 4120 section 3.3.3, MS-KILE section 3.3.5.7.5",
    refuses_with: Some("KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "the present key of the outbound direction, or the one before",
};

/// The client is of a realm behind the trust.
pub static TGS_TRUST_CLIENT: Rule = Rule {
    id: "TGS-TRUST-CLIENT",
    title: "The client of a referral TGT is of a realm behind the trust",
    reference: "RFC 4120 section 3.3.3.2; the error is a lab default",
    refuses_with: Some("KDC_ERR_POLICY"),
    passes_when: "the realm that issued it, or one that is reached through it",
};

/// The realms that the client came through are on the way.
pub static TGS_TRANSITED: Rule = Rule {
    id: "TGS-TRANSITED",
    title: "The realms that the client came through lie behind the trust",
    reference: "RFC 4120 sections 2.7 and 3.3.3.2; MS-KILE wants no such check",
    refuses_with: Some("Samba profile: KDC_ERR_PATH_NOT_ACCEPTED"),
    passes_when: "every one of them, or the request wants no check; the Windows profile never checks",
};

/// The user is of a domain for which the trust speaks.
pub static TGS_TRUST_SID: Rule = Rule {
    id: "TGS-TRUST-SID",
    title: "The user is of a domain for which the trust speaks",
    reference: "MS-PAC section 4.1.2.2; the error is a lab default",
    refuses_with: Some("KDC_ERR_POLICY"),
    passes_when: "another domain of the forest, or one of those that the trust names",
};

/// The SIDs of a client from another realm are filtered.
pub static TGS_SIDS_FILTERED: Rule = Rule {
    id: "TGS-SIDS-FILTERED",
    title: "SIDs that may not come over the trust are left out",
    reference: "MS-PAC section 4.1.2.2",
    refuses_with: None,
    passes_when: "noted with every referral TGT",
};

/// Selective authentication lets the client in.
pub static TGS_SELECTIVE: Rule = Rule {
    id: "TGS-SELECTIVE",
    title: "Selective authentication lets the client in",
    reference: "MS-KILE section 3.3.5.7.5",
    refuses_with: Some("KDC_ERR_POLICY"),
    passes_when: "the client or a group of it has the right Allowed to Authenticate to the service",
};

/// A read-only domain controller holds the secrets that the answer needs.
pub static RODC_SECRETS: Rule = Rule {
    id: "RODC-SECRETS",
    title: "A read-only domain controller holds the secrets that the answer needs",
    reference: "MS-KILE section 3.2.5.7",
    refuses_with: Some("KDC_ERR_S_PRINCIPAL_UNKNOWN"),
    passes_when: "the account is in its msDS-RevealedList, and a TGT is its own; else a writable domain controller answers, if one is reached",
};
