//! The catalogue of the file server.

use evidence::decision::Rule;

/// Every rule, in the order they are checked.
pub static ALL: &[&Rule] = &[
    &AP_MECHANISM,
    &AP_TOKEN,
    &AP_ETYPE,
    &AP_TICKET_KEY,
    &AP_TICKET_STARTED,
    &AP_TICKET_ENDED,
    &AP_AUTH_KEY,
    &AP_AUTH_CLIENT,
    &AP_AUTH_SKEW,
    &AP_AUTH_REPEAT,
    &AP_PAC,
    &AP_ACCEPTED,
    &NTLM_MESSAGE,
    &NTLM_DC,
    &NTLM_PROOF,
    &NTLM_PROTECTED,
    &NTLM_STATE,
    &NTLM_WORKSTATION,
    &NTLM_POLICY_FROM,
    &NTLM_POLICY_TO,
    &NTLM_ACCEPTED,
    &SHARE_KNOWN,
    &SHARE_ACCESS,
];

/// The client offers Kerberos.
pub static AP_MECHANISM: Rule = Rule {
    id: "AP-MECHANISM",
    title: "The client offers Kerberos",
    reference: "RFC 4178 section 3.2",
    refuses_with: Some("reject"),
    passes_when: "a negotiation token that names Kerberos 5 by either of its numbers",
};

/// The token carries an AP-REQ.
pub static AP_TOKEN: Rule = Rule {
    id: "AP-TOKEN",
    title: "The token carries an AP-REQ",
    reference: "RFC 4121 section 4.1",
    refuses_with: Some("KRB_ERR_GENERIC or KRB_AP_ERR_MSG_TYPE"),
    passes_when: "a GSS-API token of the Kerberos mechanism with an AP-REQ, or a bare AP-REQ",
};

/// The encryption types are known.
pub static AP_ETYPE: Rule = Rule {
    id: "AP-ETYPE",
    title: "The encryption types are known",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KDC_ERR_ETYPE_NOSUPP"),
    passes_when: "encryption types 17, 18 and 23, of which the server has a key",
};

/// The ticket opens with the server's key.
pub static AP_TICKET_KEY: Rule = Rule {
    id: "AP-TICKET-KEY",
    title: "The ticket opens with the server's key",
    reference: "RFC 4120 section 3.2.3; Windows says MODIFIED",
    refuses_with: Some("KRB_AP_ERR_MODIFIED"),
    passes_when: "a ticket sealed with the present key of the server, or an earlier one",
};

/// The ticket is valid already.
pub static AP_TICKET_STARTED: Rule = Rule {
    id: "AP-TICKET-STARTED",
    title: "The ticket is valid already",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_TKT_NYV"),
    passes_when: "a start within the tolerated skew, and no INVALID flag",
};

/// The ticket has not ended.
pub static AP_TICKET_ENDED: Rule = Rule {
    id: "AP-TICKET-ENDED",
    title: "The ticket has not ended",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_TKT_EXPIRED"),
    passes_when: "an end within the tolerated skew",
};

/// The authenticator opens with the session key.
pub static AP_AUTH_KEY: Rule = Rule {
    id: "AP-AUTH-KEY",
    title: "The authenticator opens with the session key",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "an authenticator made with the session key of the ticket",
};

/// Ticket and authenticator name the same client.
pub static AP_AUTH_CLIENT: Rule = Rule {
    id: "AP-AUTH-CLIENT",
    title: "Ticket and authenticator name the same client",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_BADMATCH"),
    passes_when: "the same realm and name in both",
};

/// The authenticator is of now.
pub static AP_AUTH_SKEW: Rule = Rule {
    id: "AP-AUTH-SKEW",
    title: "The authenticator is of now",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_SKEW"),
    passes_when: "a time within the tolerated skew",
};

/// The authenticator is new.
pub static AP_AUTH_REPEAT: Rule = Rule {
    id: "AP-AUTH-REPEAT",
    title: "The authenticator is new",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: Some("KRB_AP_ERR_REPEAT"),
    passes_when: "one that was not seen before",
};

/// The PAC is signed with the server's key.
pub static AP_PAC: Rule = Rule {
    id: "AP-PAC",
    title: "The PAC is signed with the server's key",
    reference: "MS-PAC section 2.8",
    refuses_with: Some("KRB_AP_ERR_MODIFIED"),
    passes_when: "a PAC whose server signature verifies; a ticket without a PAC passes with no SIDs",
};

/// The client proved itself.
pub static AP_ACCEPTED: Rule = Rule {
    id: "AP-ACCEPTED",
    title: "The client proved itself",
    reference: "RFC 4120 section 3.2.3",
    refuses_with: None,
    passes_when: "always",
};

/// The message is one of a client.
pub static NTLM_MESSAGE: Rule = Rule {
    id: "NTLM-MESSAGE",
    title: "The message is one of a client",
    reference: "MS-NLMP section 2.2.1",
    refuses_with: Some("STATUS_INVALID_PARAMETER"),
    passes_when: "a NEGOTIATE_MESSAGE or an AUTHENTICATE_MESSAGE",
};

/// A domain controller can be asked.
pub static NTLM_DC: Rule = Rule {
    id: "NTLM-DC",
    title: "A domain controller can be asked",
    reference: "MS-NRPC section 3.5.4.5",
    refuses_with: Some("STATUS_NO_LOGON_SERVERS"),
    passes_when: "a domain controller of the domain that the server reaches",
};

/// The client knows the NT hash.
pub static NTLM_PROOF: Rule = Rule {
    id: "NTLM-PROOF",
    title: "The client knows the NT hash",
    reference: "MS-NLMP section 3.3.2",
    refuses_with: Some("STATUS_LOGON_FAILURE"),
    passes_when: "an answer to an open challenge, made with the hash that the account has",
};

/// NTLM is not closed to the user.
pub static NTLM_PROTECTED: Rule = Rule {
    id: "NTLM-PROTECTED",
    title: "NTLM is not closed to the user",
    reference: "MS-APDS section 3.1.5.1",
    refuses_with: Some("STATUS_ACCOUNT_RESTRICTION"),
    passes_when: "anybody who is not in Protected Users",
};

/// The account may log on.
pub static NTLM_STATE: Rule = Rule {
    id: "NTLM-STATE",
    title: "The account may log on",
    reference: "MS-APDS section 3.1.5",
    refuses_with: Some("the status of the account"),
    passes_when: "an account that is enabled, in time, and whose password is good",
};

/// The user may log on at the machine that the client names.
pub static NTLM_WORKSTATION: Rule = Rule {
    id: "NTLM-WORKSTATION",
    title: "The user may log on at the machine that the client names",
    reference: "MS-ADA3 userWorkstations; Samba source4/auth/sam.c",
    refuses_with: Some("STATUS_INVALID_WORKSTATION"),
    passes_when: "an account without userWorkstations, or a workstation of the message that they name, whatever the case",
};

/// No policy keeps the user to devices.
pub static NTLM_POLICY_FROM: Rule = Rule {
    id: "NTLM-POLICY-FROM",
    title: "No policy keeps the user to devices, which NTLM cannot show",
    reference: "MS-APDS section 3.1.5.2",
    refuses_with: Some("STATUS_ACCOUNT_RESTRICTION"),
    passes_when: "an account whose policy in force names no devices",
};

/// The server's policy lets the user in.
pub static NTLM_POLICY_TO: Rule = Rule {
    id: "NTLM-POLICY-TO",
    title: "The server's policy lets the user in",
    reference: "MS-APDS section 3.1.5",
    refuses_with: Some("STATUS_AUTHENTICATION_FIREWALL_FAILED"),
    passes_when: "a server whose policy in force names nobody, or the user or a group of the user",
};

/// The client proved itself without Kerberos.
pub static NTLM_ACCEPTED: Rule = Rule {
    id: "NTLM-ACCEPTED",
    title: "The client proved itself without Kerberos",
    reference: "MS-NLMP section 3.3.2",
    refuses_with: None,
    passes_when: "always",
};

/// The share exists.
pub static SHARE_KNOWN: Rule = Rule {
    id: "SHARE-KNOWN",
    title: "The share exists",
    reference: "MS-SMB2 section 3.3.5.7",
    refuses_with: Some("STATUS_BAD_NETWORK_NAME"),
    passes_when: "the name of a share, whatever the case",
};

/// A SID of the client has access.
pub static SHARE_ACCESS: Rule = Rule {
    id: "SHARE-ACCESS",
    title: "A SID of the client has access",
    reference: "MS-DTYP section 2.5.3.2",
    refuses_with: Some("STATUS_ACCESS_DENIED"),
    passes_when: "an entry that gives what is wanted, and none that denies",
};
