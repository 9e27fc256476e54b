//! Rules of userWorkstations, authentication policies and Protected Users. Each is looked at only for accounts that have one.

use evidence::decision::Rule;

/// The account may sign in at this machine.
pub static AS_WORKSTATION: Rule = Rule {
    id: "AS-WORKSTATION",
    title: "The account may sign in at this machine",
    reference: "MS-ADA3 userWorkstations; samba-team/samba source4/auth/sam.c, the error as its KDC maps it",
    refuses_with: Some("KDC_ERR_POLICY with STATUS_INVALID_WORKSTATION"),
    passes_when: "no userWorkstations, or the NetBIOS name among the addresses of the request is one of them; the Samba profile lets a request without one pass",
};

/// The device may be signed in from.
pub static AUTHN_POLICY_FROM: Rule = Rule {
    id: "AUTHN-POLICY-FROM",
    title: "The authentication policy allows the device",
    reference: "MS-KILE section 3.3.5.6; samba-team/samba authn_policy_tests.py",
    refuses_with: Some("KDC_ERR_POLICY with STATUS_INVALID_WORKSTATION"),
    passes_when: "no enforced policy with allowed-from, or the armor is the TGT of a device that it names",
};

/// The service may be authenticated to.
pub static AUTHN_POLICY_TO: Rule = Rule {
    id: "AUTHN-POLICY-TO",
    title: "The authentication policy of the service allows the client",
    reference: "MS-KILE section 3.3.5.7; samba-team/samba authn_policy_tests.py",
    refuses_with: Some("KDC_ERR_POLICY with STATUS_AUTHENTICATION_FIREWALL_FAILED"),
    passes_when: "no enforced policy with allowed-to, or the client or a group of it is named there",
};

/// Protected Users prove themselves with AES.
pub static AS_PROTECTED_ETYPE: Rule = Rule {
    id: "AS-PROTECTED-ETYPE",
    title: "A member of Protected Users proves itself with AES",
    reference: "MS-KILE section 3.3.5.6",
    refuses_with: Some("KDC_ERR_ETYPE_NOSUPP"),
    passes_when: "not in Protected Users, or a key that is not RC4",
};
