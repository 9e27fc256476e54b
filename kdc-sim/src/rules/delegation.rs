//! Rules for requests with a further ticket or in the name of somebody else.

use evidence::decision::Rule;

/// A request that needs a further ticket has one.
pub static TGS_ADDITIONAL_TICKET: Rule = Rule {
    id: "TGS-ADDITIONAL-TICKET",
    title: "A request that needs a further ticket has one",
    reference: "RFC 4120 section 3.3.3, MS-SFU section 3.2.5.2",
    refuses_with: Some("KDC_ERR_BADOPTION"),
    passes_when: "ENC_TKT_IN_SKEY or CNAME_IN_ADDL_TKT, not both, with an additional ticket",
};

/// A user without service principal name is reached user-to-user.
pub static U2U_ONLY: Rule = Rule {
    id: "U2U-ONLY",
    title: "A user without service principal name is reached user-to-user",
    reference: "RFC 4120 section 3.3.3; event of the Windows KDC on User2User; samba-team/samba source4/kdc/db-glue.c",
    refuses_with: Some("KDC_ERR_MUST_USE_USER2USER, Samba profile: KDC_ERR_POLICY"),
    passes_when: "a computer, an account with a service principal name, or the user's own TGT as an additional ticket",
};

/// The further ticket of a user-to-user request is a TGT.
pub static U2U_TGT: Rule = Rule {
    id: "U2U-TGT",
    title: "The further ticket of a user-to-user request is a TGT",
    reference: "RFC 4120 section 3.3.3; samba-team/samba kdc_tgs_tests.py",
    refuses_with: Some("KRB_AP_ERR_MODIFIED, Samba profile: KDC_ERR_POLICY"),
    passes_when: "a TGT of this realm, full or partial, that passes every check of a TGT",
};

/// The further TGT belongs to the service that is asked for.
pub static U2U_SERVICE: Rule = Rule {
    id: "U2U-SERVICE",
    title: "The further TGT belongs to the service that is asked for",
    reference: "RFC 4120 section 3.3.3; samba-team/samba kdc_tgs_tests.py",
    refuses_with: Some("KRB_AP_ERR_BADMATCH"),
    passes_when: "a service name of the account whose TGT it is",
};

/// A ticket is sealed with the session key of the service's TGT.
pub static U2U: Rule = Rule {
    id: "U2U",
    title: "A ticket is sealed with the session key of the service's TGT",
    reference: "RFC 4120 section 3.3.3",
    refuses_with: None,
    passes_when: "always for a user-to-user request",
};

/// The name of the user is signed with a keyed checksum.
pub static S4U_USER_CHECKSUM_TYPE: Rule = Rule {
    id: "S4U-USER-CHECKSUM-TYPE",
    title: "The name of the user is signed with a keyed checksum",
    reference: "MS-SFU section 2.2.1 and 2.2.2; samba-team/samba s4u_tests.py",
    refuses_with: Some("KRB_AP_ERR_INAPP_CKSUM"),
    passes_when: "HMAC-MD5 with a key of any type, or the checksum of the session key's type",
};

/// The name of the user is as it was signed.
pub static S4U_USER_CHECKSUM: Rule = Rule {
    id: "S4U-USER-CHECKSUM",
    title: "The name of the user is as it was signed",
    reference: "MS-SFU section 3.2.5.1; samba-team/samba third_party/heimdal/kdc/mssfu.c",
    refuses_with: Some("KRB_AP_ERR_MODIFIED, Samba profile: KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "a checksum with the session key of the service's TGT, or its subkey",
};

/// The user is an account of the directory.
pub static S4U_USER_KNOWN: Rule = Rule {
    id: "S4U-USER-KNOWN",
    title: "The user is an account of the directory",
    reference: "MS-SFU section 3.2.5.1",
    refuses_with: Some("KDC_ERR_C_PRINCIPAL_UNKNOWN"),
    passes_when: "an account of this realm, by its name or userPrincipalName",
};

/// A service asks for a user's ticket to itself.
pub static S4U_SELF_SERVICE: Rule = Rule {
    id: "S4U-SELF-SERVICE",
    title: "A service asks for a user's ticket to itself",
    reference: "MS-SFU section 3.2.5.1; samba-team/samba s4u_tests.py",
    refuses_with: Some("KRB_AP_ERR_BADMATCH"),
    passes_when: "a service name of the account that asks",
};

/// A service gets a ticket for a user.
pub static S4U_SELF: Rule = Rule {
    id: "S4U-SELF",
    title: "A service gets a ticket for a user",
    reference: "MS-SFU section 3.2.5.1.2",
    refuses_with: None,
    passes_when: "always for S4U2Self",
};

/// The evidence ticket is for the service that shows it.
pub static S4U_EVIDENCE_SERVICE: Rule = Rule {
    id: "S4U-EVIDENCE-SERVICE",
    title: "The evidence ticket is for the service that shows it",
    reference: "MS-SFU section 3.2.5.2; samba-team/samba third_party/heimdal/kdc/mssfu.c",
    refuses_with: Some("KDC_ERR_BADOPTION"),
    passes_when: "a ticket to a service name of the account that asks",
};

/// The evidence ticket opens with a key of the service.
pub static S4U_EVIDENCE_KEY: Rule = Rule {
    id: "S4U-EVIDENCE-KEY",
    title: "The evidence ticket opens with a key of the service",
    reference: "MS-SFU section 3.2.5.2; lab default for the code of the Windows profile",
    refuses_with: Some("KRB_AP_ERR_MODIFIED, Samba profile: KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "the present key of the service, or the one before",
};

/// The evidence ticket has not ended.
pub static S4U_EVIDENCE_ENDED: Rule = Rule {
    id: "S4U-EVIDENCE-ENDED",
    title: "The evidence ticket has not ended",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_TKT_EXPIRED"),
    passes_when: "an end in the future",
};

/// The evidence ticket is signed by the KDC.
pub static S4U_EVIDENCE_SIGNED: Rule = Rule {
    id: "S4U-EVIDENCE-SIGNED",
    title: "The evidence ticket is signed by the KDC",
    reference: "MS-SFU section 3.2.5.2.2, MS-PAC section 2.8.3; samba-team/samba s4u_tests.py",
    refuses_with: Some("KRB_AP_ERR_MODIFIED, Samba profile without PAC: KDC_ERR_TGT_REVOKED"),
    passes_when: "a PAC with server, KDC and ticket signature, by the KDC that issued the service's TGT",
};

/// The ticket of the user may be passed on.
pub static S4U_FORWARDABLE: Rule = Rule {
    id: "S4U-FORWARDABLE",
    title: "The ticket of the user may be passed on",
    reference: "MS-SFU section 3.2.5.2.1 and 3.2.5.2.3; samba-team/samba s4u_tests.py; CVE-2020-16996",
    refuses_with: Some("KDC_ERR_BADOPTION with STATUS_ACCOUNT_RESTRICTION"),
    passes_when: "FORWARDABLE; before December 2020 resource-based delegation also without, unless the user is sensitive",
};

/// The service may delegate to the target.
pub static S4U_ALLOWED: Rule = Rule {
    id: "S4U-ALLOWED",
    title: "The service may delegate to the target",
    reference: "MS-SFU section 3.2.5.2.1",
    refuses_with: Some(
        "KDC_ERR_BADOPTION with STATUS_NOT_SUPPORTED (no list) or STATUS_NO_MATCH (not in it)",
    ),
    passes_when: "the service principal name in msDS-AllowedToDelegateTo, or a client that knows resource-based delegation",
};

/// The target accepts delegation from the service.
pub static S4U_ACCEPTED: Rule = Rule {
    id: "S4U-ACCEPTED",
    title: "The target accepts delegation from the service",
    reference: "MS-SFU section 3.2.5.2.3",
    refuses_with: Some("KDC_ERR_BADOPTION with STATUS_NOT_FOUND"),
    passes_when: "the service or a group of it in msDS-AllowedToActOnBehalfOfOtherIdentity",
};

/// Delegation stays within this realm.
pub static S4U_TARGET: Rule = Rule {
    id: "S4U-TARGET",
    title: "Delegation stays within this realm",
    reference: "lab default: no delegation across realms",
    refuses_with: Some("KDC_ERR_BADOPTION"),
    passes_when: "a service of this realm that asks, and another one that is asked for, not krbtgt",
};

/// A service gets a user's ticket to another service.
pub static S4U_PROXY: Rule = Rule {
    id: "S4U-PROXY",
    title: "A service gets a user's ticket to another service",
    reference: "MS-SFU section 3.2.5.2.2",
    refuses_with: None,
    passes_when: "always for S4U2Proxy",
};
