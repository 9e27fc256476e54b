//! The netlogon ping: how a device asks a host whether it is a domain controller, and what it answers.
//!
//! It is a connectionless LDAP search (UDP 389) for the attribute `Netlogon` of the rootDSE, whose value is a
//! NETLOGON_SAM_LOGON_RESPONSE_EX (MS-ADTS sections 6.3.1.9 and 6.3.3).

mod ber;
mod query;
mod response;

pub use query::{FoundReply, NetlogonQuery, encode_reply, read_reply};
pub use response::SamLogonResponse;

use bitflags::bitflags;

bitflags! {
    /// What a domain controller says it can do: DS_FLAG of MS-ADTS section 6.3.1.2, and DS_KEY_LIST_FLAG of dsgetdc.h.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct DcFlags: u32 {
        /// It holds the primary domain controller role.
        const PDC = 0x1;
        /// A global catalog.
        const GC = 0x4;
        /// An LDAP server.
        const LDAP = 0x8;
        /// A directory server.
        const DS = 0x10;
        /// A KDC.
        const KDC = 0x20;
        /// A time server.
        const TIMESERV = 0x40;
        /// It is in the site of the device.
        const CLOSEST = 0x80;
        /// Its directory can be written: not an RODC.
        const WRITABLE = 0x100;
        /// A reliable time server.
        const GOOD_TIMESERV = 0x200;
        /// It holds a partition that is not of a domain.
        const NDNC = 0x400;
        /// An RODC of Windows Server 2008 or later.
        const SELECT_SECRET = 0x800;
        /// A writable DC of Windows Server 2008 or later.
        const FULL_SECRET = 0x1000;
        /// It runs the AD web services.
        const WS = 0x2000;
        /// Windows Server 2012 or later.
        const DS_8 = 0x4000;
        /// Windows Server 2012 R2 or later.
        const DS_9 = 0x8000;
        /// Windows Server 2016 or later.
        const DS_10 = 0x1_0000;
        /// It answers KERB-KEY-LIST-REQ.
        const KEY_LIST = 0x2_0000;
        /// Any other bit is kept.
        const _ = !0;
    }

    /// What the sender of a ping understands (NETLOGON_NT_VERSION of MS-ADTS section 6.3.1.1).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct NtVersion: u32 {
        /// Version 1.
        const V1 = 0x1;
        /// Version 5.
        const V5 = 0x2;
        /// The extended answer.
        const V5EX = 0x4;
        /// The extended answer with the address of the DC.
        const V5EX_WITH_IP = 0x8;
        /// The extended answer with the closest site.
        const V5EX_WITH_CLOSEST_SITE = 0x10;
        /// Any other bit is kept.
        const _ = !0;
    }
}

/// Octets that are no netlogon ping or no answer to one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} of a netlogon ping at octet {offset}: expected {expected}")]
pub struct PingError {
    /// What was being read.
    pub part: &'static str,
    /// Where, from the beginning of what was being read.
    pub offset: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

#[cfg(test)]
mod tests;
