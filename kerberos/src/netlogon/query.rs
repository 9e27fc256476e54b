//! The search that carries a ping, and the messages that carry its answer.

use super::ber::{self, Reader};
use super::{NtVersion, PingError, SamLogonResponse};

const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_RESULT_ENTRY: u8 = 0x64;
const SEARCH_RESULT_DONE: u8 = 0x65;
const AND: u8 = 0xA0;
const EQUALITY_MATCH: u8 = 0xA3;
const ATTRIBUTE: &str = "Netlogon";
/// For most datagrams, in octets.
const LONG_ENOUGH: usize = 512;

/// A ping: `(&(DnsDomain=…)(Host=…)(NtVer=…))`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetlogonQuery {
    /// Repeated in the answer.
    pub message_id: u32,
    /// The DNS name of the domain, or of the forest, that a DC is looked for; the DC's own domain where absent.
    pub dns_domain: Option<String>,
    /// The NetBIOS name of the asking device.
    pub host: Option<String>,
    /// The account that is signing in, for which the DC says whether it knows it.
    pub user: Option<String>,
    /// What the sender understands.
    pub nt_version: NtVersion,
}

impl NetlogonQuery {
    /// The ping that Windows sends when it looks for a DC of a domain.
    pub fn new(message_id: u32, dns_domain: &str, host: &str) -> Self {
        Self {
            message_id,
            dns_domain: Some(dns_domain.to_owned()),
            host: Some(host.to_owned()),
            user: None,
            nt_version: NtVersion::V5 | NtVersion::V5EX | NtVersion::V5EX_WITH_CLOSEST_SITE,
        }
    }

    /// Reads a search for the attribute `Netlogon` of the rootDSE. Parts of the filter that are not known are passed over.
    ///
    /// # Errors
    ///
    /// It is not such a search.
    pub fn decode(octets: &[u8]) -> Result<Self, PingError> {
        let mut message = Reader::new(octets).expect(ber::SEQUENCE, "search", "an LDAPMessage")?;
        let message_id = message.unsigned("message id")?;
        let mut search = message.expect(SEARCH_REQUEST, "search", "a SearchRequest")?;
        let fault = search.fault("search", "the base object of the rootDSE, which has no name");
        if !search.octet_string("base object")?.is_empty() {
            return Err(fault);
        }
        for part in ["scope", "dereferencing", "size limit", "time limit", "types only"] {
            search.any(part)?;
        }
        let mut query = Self {
            message_id,
            ..Self::default()
        };
        let (tag, filter) = search.any("filter")?;
        query.read_filter(tag, filter)?;
        let mut attributes = search.expect(ber::SEQUENCE, "attributes", "a list of attributes")?;
        while !attributes.is_empty() {
            if attributes
                .octet_string("attribute")?
                .eq_ignore_ascii_case(ATTRIBUTE.as_bytes())
            {
                return Ok(query);
            }
        }
        Err(attributes.fault("attributes", "the attribute Netlogon"))
    }

    fn read_filter(&mut self, tag: u8, mut filter: Reader<'_>) -> Result<(), PingError> {
        match tag {
            AND => {
                while !filter.is_empty() {
                    let (tag, part) = filter.any("filter")?;
                    if tag == EQUALITY_MATCH {
                        self.read_match(part)?;
                    }
                }
                Ok(())
            }
            EQUALITY_MATCH => self.read_match(filter),
            _ => Err(filter.fault("filter", "an AND of equalities")),
        }
    }

    fn read_match(&mut self, mut part: Reader<'_>) -> Result<(), PingError> {
        let attribute = part.octet_string("filter")?;
        let fault = part.fault("filter", "UTF-8, and four octets for NtVer");
        let value = part.octet_string("filter")?;
        let text = || {
            std::str::from_utf8(value)
                .map(str::to_owned)
                .map_err(|_| fault.clone())
        };
        match attribute.to_ascii_lowercase().as_slice() {
            b"dnsdomain" => self.dns_domain = Some(text()?),
            b"host" => self.host = Some(text()?),
            b"user" => self.user = Some(text()?),
            b"ntver" => {
                let octets = value.try_into().map_err(|_| fault.clone())?;
                self.nt_version = NtVersion::from_bits_retain(u32::from_le_bytes(octets));
            }
            _ => {}
        }
        Ok(())
    }

    /// The datagram.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut datagram = Vec::with_capacity(LONG_ENOUGH);
        ber::nest(&mut datagram, ber::SEQUENCE, |message| {
            ber::push_unsigned(message, self.message_id);
            ber::nest(message, SEARCH_REQUEST, |search| {
                ber::push(search, ber::OCTET_STRING, b"");
                ber::push(search, ber::ENUMERATED, &[0]);
                ber::push(search, ber::ENUMERATED, &[0]);
                ber::push_unsigned(search, 0);
                ber::push_unsigned(search, 0);
                ber::push(search, ber::BOOLEAN, &[0]);
                ber::nest(search, AND, |filter| self.push_filter(filter));
                ber::nest(search, ber::SEQUENCE, |attributes| {
                    ber::push(attributes, ber::OCTET_STRING, ATTRIBUTE.as_bytes());
                });
            });
        });
        datagram
    }

    fn push_filter(&self, filter: &mut Vec<u8>) {
        let mut equals = |attribute: &str, value: &[u8]| {
            ber::nest(filter, EQUALITY_MATCH, |pair| {
                ber::push(pair, ber::OCTET_STRING, attribute.as_bytes());
                ber::push(pair, ber::OCTET_STRING, value);
            });
        };
        for (attribute, value) in [
            ("DnsDomain", &self.dns_domain),
            ("Host", &self.host),
            ("User", &self.user),
        ] {
            if let Some(value) = value {
                equals(attribute, value.as_bytes());
            }
        }
        equals("NtVer", &self.nt_version.bits().to_le_bytes());
    }
}

/// The datagram that answers a ping. Without a response the search is answered as having found nothing, which is what a
/// DC does that does not serve the domain.
#[must_use]
pub fn encode_reply(message_id: u32, response: Option<&SamLogonResponse>) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(LONG_ENOUGH);
    let mut message = |tag: u8, write: &dyn Fn(&mut Vec<u8>)| {
        ber::nest(&mut datagram, ber::SEQUENCE, |message| {
            ber::push_unsigned(message, message_id);
            ber::nest(message, tag, write);
        });
    };
    if let Some(response) = response {
        message(SEARCH_RESULT_ENTRY, &|entry| {
            ber::push(entry, ber::OCTET_STRING, b"");
            ber::nest(entry, ber::SEQUENCE, |attributes| {
                ber::nest(attributes, ber::SEQUENCE, |attribute| {
                    ber::push(attribute, ber::OCTET_STRING, ATTRIBUTE.as_bytes());
                    ber::nest(attribute, ber::SET, |values| {
                        ber::push(values, ber::OCTET_STRING, &response.encode());
                    });
                });
            });
        });
    }
    message(SEARCH_RESULT_DONE, &|done| {
        ber::push(done, ber::ENUMERATED, &[0]);
        ber::push(done, ber::OCTET_STRING, b"");
        ber::push(done, ber::OCTET_STRING, b"");
    });
    datagram
}

/// What came back for a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundReply {
    /// The id of the ping.
    pub message_id: u32,
    /// What the DC says; `None` when it does not serve the domain.
    pub response: Option<SamLogonResponse>,
}

/// Reads the datagram that answers a ping.
///
/// # Errors
///
/// It is not an answer to a search, or its value is not what a DC answers.
pub fn read_reply(datagram: &[u8]) -> Result<FoundReply, PingError> {
    let mut message = Reader::new(datagram).expect(ber::SEQUENCE, "answer", "an LDAPMessage")?;
    let message_id = message.unsigned("message id")?;
    let fault = message.fault("answer", "a SearchResultEntry or a SearchResultDone");
    let response = match message.any("answer")? {
        (SEARCH_RESULT_ENTRY, mut entry) => {
            entry.octet_string("object name")?;
            let mut attributes = entry.expect(ber::SEQUENCE, "attributes", "a list of attributes")?;
            let mut attribute = attributes.expect(ber::SEQUENCE, "attributes", "an attribute")?;
            let fault = attribute.fault("attributes", "the attribute Netlogon");
            if !attribute
                .octet_string("attribute")?
                .eq_ignore_ascii_case(ATTRIBUTE.as_bytes())
            {
                return Err(fault);
            }
            let mut values = attribute.expect(ber::SET, "values", "a set of values")?;
            Some(SamLogonResponse::decode(values.octet_string("value")?)?)
        }
        (SEARCH_RESULT_DONE, _) => None,
        _ => return Err(fault),
    };
    Ok(FoundReply { message_id, response })
}
