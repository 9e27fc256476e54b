//! NETLOGON_SAM_LOGON_RESPONSE_EX (MS-ADTS section 6.3.1.9): little-endian, names compressed as in DNS.

use std::ops::Range;

use super::{DcFlags, NtVersion, PingError};

/// What a domain controller answers to a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamLogonResponse {
    /// Whether the account that the ping named is unknown: opcode 25 instead of 23.
    pub user_unknown: bool,
    /// What the DC can do.
    pub flags: DcFlags,
    /// The GUID of the domain, in the order of its octets on the wire.
    pub domain_guid: [u8; 16],
    /// The DNS name of the forest.
    pub dns_forest: String,
    /// The DNS name of the domain.
    pub dns_domain: String,
    /// The DNS name of the DC.
    pub dns_host: String,
    /// The NetBIOS name of the domain.
    pub netbios_domain: String,
    /// The NetBIOS name of the DC.
    pub netbios_computer: String,
    /// The account that the ping named.
    pub user: String,
    /// The site of the DC.
    pub dc_site: String,
    /// The site of the asking device, from its address; empty where the DC cannot tell.
    pub client_site: String,
    /// What the DC speaks.
    pub nt_version: NtVersion,
}

const SAM_LOGON_RESPONSE_EX: u16 = 23;
const SAM_USER_UNKNOWN_EX: u16 = 25;
/// Octets before the first name.
const HEADER: usize = 24;
/// A label of a name.
const LONGEST_LABEL: usize = 63;
/// For most answers, in octets.
const LONG_ENOUGH: usize = 256;

impl SamLogonResponse {
    /// Reads an answer. An answer with the address of the DC or with the next closest site is read up to there.
    ///
    /// # Errors
    ///
    /// It is another message, or a name in it is broken.
    pub fn decode(octets: &[u8]) -> Result<Self, PingError> {
        let short = PingError {
            part: "response",
            offset: octets.len(),
            expected: "at least 24 octets before the names",
        };
        let (head, _) = octets.split_first_chunk::<HEADER>().ok_or(short)?;
        let [o0, o1, _, _, f0, f1, f2, f3, domain_guid @ ..] = *head;
        let user_unknown = match u16::from_le_bytes([o0, o1]) {
            SAM_LOGON_RESPONSE_EX => false,
            SAM_USER_UNKNOWN_EX => true,
            _ => {
                return Err(PingError {
                    part: "response",
                    offset: 0,
                    expected: "opcode 23 or 25",
                });
            }
        };
        let mut names = Names { octets, at: HEADER };
        let (dns_forest, dns_domain, dns_host) = (names.next()?, names.next()?, names.next()?);
        let (netbios_domain, netbios_computer, user) = (names.next()?, names.next()?, names.next()?);
        let (dc_site, client_site) = (names.next()?, names.next()?);
        let trailer = octets
            .last_chunk::<8>()
            .filter(|_| octets.len() >= names.at + 8)
            .ok_or(PingError {
                part: "response",
                offset: names.at,
                expected: "the version and two tokens after the names",
            })?;
        let [v0, v1, v2, v3, ..] = *trailer;
        Ok(Self {
            user_unknown,
            flags: DcFlags::from_bits_retain(u32::from_le_bytes([f0, f1, f2, f3])),
            domain_guid,
            dns_forest,
            dns_domain,
            dns_host,
            netbios_domain,
            netbios_computer,
            user,
            dc_site,
            client_site,
            nt_version: NtVersion::from_bits_retain(u32::from_le_bytes([v0, v1, v2, v3])),
        })
    }

    /// The octets of the answer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let opcode = if self.user_unknown {
            SAM_USER_UNKNOWN_EX
        } else {
            SAM_LOGON_RESPONSE_EX
        };
        let mut message = NameWriter {
            octets: Vec::with_capacity(LONG_ENOUGH),
            labels: Vec::new(),
            written: Vec::new(),
        };
        message.octets.extend_from_slice(&opcode.to_le_bytes());
        message.octets.extend_from_slice(&[0, 0]);
        message.octets.extend_from_slice(&self.flags.bits().to_le_bytes());
        message.octets.extend_from_slice(&self.domain_guid);
        for name in [&self.dns_forest, &self.dns_domain, &self.dns_host] {
            message.push(name.split('.'));
        }
        for name in [
            &self.netbios_domain,
            &self.netbios_computer,
            &self.user,
            &self.dc_site,
            &self.client_site,
        ] {
            // one label, dots and all: none of these is a DNS name
            message.push(std::iter::once(name.as_str()));
        }
        let mut octets = message.octets;
        octets.extend_from_slice(&self.nt_version.bits().to_le_bytes());
        octets.extend_from_slice(&[0xFF; 4]);
        octets
    }
}

/// Writes names, each with a pointer to where its end stands already.
struct NameWriter<'a> {
    octets: Vec<u8>,
    /// Of all names.
    labels: Vec<&'a str>,
    /// Offsets of labels, and which labels stand from there on.
    written: Vec<(u16, Range<usize>)>,
}

impl<'a> NameWriter<'a> {
    fn push(&mut self, labels: impl Iterator<Item = &'a str>) {
        let start = self.labels.len();
        let labels = labels.filter(|label| !label.is_empty()).map(truncated);
        self.labels.extend(labels);
        let end = self.labels.len();
        for first in start..end {
            let rest = self.labels.get(first..end).unwrap_or_default();
            let known = |(_, known): &&(u16, Range<usize>)| self.labels.get(known.clone()) == Some(rest);
            if let Some((offset, _)) = self.written.iter().find(known) {
                self.octets.extend_from_slice(&(0xC000 | offset).to_be_bytes());
                return;
            }
            if let Ok(offset @ 0..=0x3FFF) = u16::try_from(self.octets.len()) {
                self.written.push((offset, first..end));
            }
            let label = rest.first().copied().unwrap_or_default();
            self.octets.push(u8::try_from(label.len()).unwrap_or_default());
            self.octets.extend_from_slice(label.as_bytes());
        }
        self.octets.push(0);
    }
}

/// At most 63 octets of a label, whole characters.
fn truncated(label: &str) -> &str {
    let end = (0..=LONGEST_LABEL.min(label.len()))
        .rev()
        .find(|end| label.is_char_boundary(*end))
        .unwrap_or_default();
    label.get(..end).unwrap_or_default()
}

/// Reads names one after another.
struct Names<'a> {
    octets: &'a [u8],
    at: usize,
}

impl Names<'_> {
    fn next(&mut self) -> Result<String, PingError> {
        let mut name = String::new();
        let mut at = self.at;
        let mut run = at;
        let mut followed = false;
        loop {
            let fault = PingError {
                part: "name",
                offset: at,
                expected: "a label, a pointer to an earlier name, or the end of the name",
            };
            match self.octets.get(at).copied() {
                Some(0) => {
                    at += 1;
                    break;
                }
                Some(length @ 1..=0x3F) => {
                    let end = at + 1 + usize::from(length);
                    let label = self.octets.get(at + 1..end).ok_or_else(|| fault.clone())?;
                    if !name.is_empty() {
                        name.push('.');
                    }
                    name.push_str(std::str::from_utf8(label).map_err(|_| fault)?);
                    at = end;
                }
                Some(high @ 0xC0..) => {
                    let low = *self.octets.get(at + 1).ok_or_else(|| fault.clone())?;
                    let target = usize::from(u16::from_be_bytes([high & 0x3F, low]));
                    if !followed {
                        self.at = at + 2;
                        followed = true;
                    }
                    // every jump lands before the last one did, so that a circle cannot be
                    if target >= run {
                        return Err(fault);
                    }
                    (at, run) = (target, target);
                }
                _ => return Err(fault),
            }
        }
        if !followed {
            self.at = at;
        }
        Ok(name)
    }
}
