//! Key usage numbers (RFC 4120 section 7.5.1, RFC 6113 section 5.4, MS-KILE, MS-PAC, MS-SFU).

use core::fmt;

/// What a key is used for; it selects the derived keys, so that no ciphertext of one place fits another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyUsage(pub u32);

impl KeyUsage {
    /// AS-REQ PA-ENC-TIMESTAMP.
    pub const PA_ENC_TIMESTAMP: Self = Self(1);
    /// Encrypted part of a ticket.
    pub const TICKET: Self = Self(2);
    /// Encrypted part of an AS-REP.
    pub const AS_REP: Self = Self(3);
    /// TGS-REQ enc-authorization-data under the session key.
    pub const TGS_REQ_AUTHDATA_SESSION_KEY: Self = Self(4);
    /// TGS-REQ enc-authorization-data under the authenticator's subkey.
    pub const TGS_REQ_AUTHDATA_SUBKEY: Self = Self(5);
    /// Checksum of the req-body in the authenticator of a PA-TGS-REQ.
    pub const TGS_REQ_CHECKSUM: Self = Self(6);
    /// Authenticator of a PA-TGS-REQ.
    pub const TGS_REQ_AUTHENTICATOR: Self = Self(7);
    /// Encrypted part of a TGS-REP under the session key.
    pub const TGS_REP_SESSION_KEY: Self = Self(8);
    /// Encrypted part of a TGS-REP under the authenticator's subkey.
    pub const TGS_REP_SUBKEY: Self = Self(9);
    /// Checksum of application data in the authenticator of an AP-REQ.
    pub const AP_REQ_CHECKSUM: Self = Self(10);
    /// Authenticator of an AP-REQ to a service.
    pub const AP_REQ_AUTHENTICATOR: Self = Self(11);
    /// Encrypted part of an AP-REP.
    pub const AP_REP: Self = Self(12);
    /// Encrypted part of a KRB-PRIV.
    pub const KRB_PRIV: Self = Self(13);
    /// Encrypted part of a KRB-CRED.
    pub const KRB_CRED: Self = Self(14);
    /// Checksum of a KRB-SAFE.
    pub const KRB_SAFE: Self = Self(15);
    /// PAC credential information (MS-PAC section 2.6.1).
    pub const PAC_CREDENTIALS: Self = Self(16);
    /// Every checksum in a PAC (MS-PAC section 2.8), KERB_NON_KERB_CKSUM_SALT.
    pub const PAC_CHECKSUM: Self = Self(17);
    /// Checksum of a PA-FOR-USER (MS-SFU section 2.2.1).
    pub const PA_FOR_USER: Self = Self(17);
    /// GSS-API wrap by the acceptor (RFC 4121 section 2).
    pub const GSS_ACCEPTOR_SEAL: Self = Self(22);
    /// GSS-API MIC by the acceptor.
    pub const GSS_ACCEPTOR_SIGN: Self = Self(23);
    /// GSS-API wrap by the initiator.
    pub const GSS_INITIATOR_SEAL: Self = Self(24);
    /// GSS-API MIC by the initiator.
    pub const GSS_INITIATOR_SIGN: Self = Self(25);
    /// Checksum of a PA-S4U-X509-USER request.
    pub const PA_S4U_X509_USER_REQUEST: Self = Self(26);
    /// Checksum of a PA-S4U-X509-USER reply.
    pub const PA_S4U_X509_USER_REPLY: Self = Self(27);
    /// FAST: checksum of the outer request.
    pub const FAST_REQ_CHECKSUM: Self = Self(50);
    /// FAST: encrypted inner request.
    pub const FAST_ENC: Self = Self(51);
    /// FAST: encrypted inner reply.
    pub const FAST_REP: Self = Self(52);
    /// FAST: checksum over the ticket in the finished field.
    pub const FAST_FINISHED: Self = Self(53);
    /// FAST: encrypted challenge made by the client.
    pub const ENC_CHALLENGE_CLIENT: Self = Self(54);
    /// FAST: encrypted challenge made by the KDC.
    pub const ENC_CHALLENGE_KDC: Self = Self(55);
    /// Checksum of the AS-REQ in PA-REQ-ENC-PA-REP (RFC 6806 section 11).
    pub const AS_REQ_CHECKSUM: Self = Self(56);
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
