//! Rules for armored requests (FAST). None of them is looked at where armoring is off.

use evidence::decision::Rule;

/// Users sign in with armor.
pub static AS_ARMORED: Rule = Rule {
    id: "AS-ARMORED",
    title: "Users sign in with armor",
    reference: "MS-KILE section 3.3.5.1",
    refuses_with: Some("KDC_ERR_PREAUTH_REQUIRED"),
    passes_when: "an armored request, a computer, or a domain controller that does not require armor",
};

/// An armored AS-REQ has its armor.
pub static FAST_ARMOR_PRESENT: Rule = Rule {
    id: "FAST-ARMOR-PRESENT",
    title: "An armored AS-REQ has its armor",
    reference: "RFC 6113 section 5.4.2; samba-team/samba fast_tests.py",
    refuses_with: Some("KRB_ERR_GENERIC, Samba profile: KDC_ERR_PREAUTH_FAILED"),
    passes_when: "an armor in PA-FX-FAST",
};

/// The armor is an AP-REQ.
pub static FAST_ARMOR_KIND: Rule = Rule {
    id: "FAST-ARMOR-KIND",
    title: "The armor is an AP-REQ",
    reference: "RFC 6113 section 5.4.1.1; samba-team/samba fast_tests.py",
    refuses_with: Some("KDC_ERR_PREAUTH_FAILED"),
    passes_when: "armor type 1, with a TGT that passes every check of a TGT, full or partial",
};

/// There is a subkey for the armor key.
pub static FAST_SUBKEY: Rule = Rule {
    id: "FAST-SUBKEY",
    title: "There is a subkey for the armor key",
    reference: "RFC 6113 section 5.4.1.1 and 5.4.2; samba-team/samba fast_tests.py",
    refuses_with: Some("KRB_ERR_GENERIC, Samba profile: KDC_ERR_PREAUTH_FAILED"),
    passes_when: "an authenticator with a subkey",
};

/// The armored request opens with the armor key.
pub static FAST_REQUEST_KEY: Rule = Rule {
    id: "FAST-REQUEST-KEY",
    title: "The armored request opens with the armor key",
    reference: "RFC 6113 section 5.4.2",
    refuses_with: Some("KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "a request made with the key of armor ticket and subkey",
};

/// The outer request is covered by a checksum of the armor key.
pub static FAST_CHECKSUM_TYPE: Rule = Rule {
    id: "FAST-CHECKSUM-TYPE",
    title: "The outer request is covered by a checksum of the armor key",
    reference: "RFC 6113 section 5.4.2",
    refuses_with: Some("KRB_AP_ERR_INAPP_CKSUM"),
    passes_when: "the checksum type of the armor key",
};

/// The outer request is what the armored one belongs to.
pub static FAST_CHECKSUM: Rule = Rule {
    id: "FAST-CHECKSUM",
    title: "The outer request is what the armored one belongs to",
    reference: "RFC 6113 section 5.4.2",
    refuses_with: Some("KRB_AP_ERR_MODIFIED"),
    passes_when: "the outer body (AS) or the AP-REQ (TGS) as it was signed",
};

/// Options that have to be understood are.
pub static FAST_OPTIONS: Rule = Rule {
    id: "FAST-OPTIONS",
    title: "Options that have to be understood are",
    reference: "RFC 6113 section 5.4.2; samba-team/samba fast_tests.py, by which Windows passes over them",
    refuses_with: Some("Samba profile: KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS"),
    passes_when: "no unknown option among the first sixteen; the Windows profile does not look",
};

/// Who says that FAST is used uses it.
pub static FAST_USED: Rule = Rule {
    id: "FAST-USED",
    title: "Who says that FAST is used uses it",
    reference: "RFC 6113 section 5.4.2; samba-team/samba fast_tests.py",
    refuses_with: Some("KRB_AP_ERR_MODIFIED"),
    passes_when: "AD-fx-fast-used in the authenticator of an armored request only",
};

/// What is meant for armor is used as armor.
pub static FAST_ARMOR_ONLY: Rule = Rule {
    id: "FAST-ARMOR-ONLY",
    title: "What is meant for armor is used as armor",
    reference: "RFC 6113 section 5.4.1.1; samba-team/samba fast_tests.py",
    refuses_with: Some("KRB_ERR_GENERIC, Samba profile: KRB_AP_ERR_BAD_INTEGRITY"),
    passes_when: "no AD-fx-fast-armor in the TGT or authenticator of a TGS-REQ",
};

/// A request is served within armor.
pub static FAST: Rule = Rule {
    id: "FAST",
    title: "A request is served within armor",
    reference: "RFC 6113 section 5.4",
    refuses_with: None,
    passes_when: "always for an armored request, where armoring is supported",
};
