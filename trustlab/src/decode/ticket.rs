//! Tickets and authorization data.

use kerberos::codes::AdType;
use kerberos::crypto::KeyUsage;
use kerberos::pac::Pac;
use kerberos::wire::{
    AdKdcIssued, AuthorizationData, AuthorizationDataValue, EncTicketPart, Ticket, TokenRestrictions,
};

use super::keyring::{Keyring, Known, Opened};
use super::node::Node;
use super::{pac, show};

/// A ticket, with what it says where a key opens it.
pub(crate) fn ticket(ticket: &Ticket, keys: &mut Keyring) -> Node {
    let inside = |keys: &mut Keyring, opened: &Opened| match EncTicketPart::decode(&opened.plaintext) {
        Ok(part) => {
            keys.learn(
                &part.key,
                format!("the session key for {}@{}", ticket.sname, ticket.realm),
            );
            enc_ticket_part(&part, &opened.plaintext, Some(&opened.by), keys)
        }
        Err(error) => Node::unreadable("EncTicketPart", error, &opened.plaintext),
    };
    let part = keys.sealed("enc-part", &ticket.enc_part, &[KeyUsage::TICKET], inside);
    Node::leaf("Ticket", format_args!("{}@{}", ticket.sname, ticket.realm))
        .field("realm", &ticket.realm)
        .field("sname", show::name(&ticket.sname))
        .with(part)
}

/// `octets` are those of the part, and `by` the key that opened them: both are needed to verify the PAC.
pub(crate) fn enc_ticket_part(
    part: &EncTicketPart,
    octets: &[u8],
    by: Option<&Known>,
    keys: &Keyring,
) -> Node {
    let transited = if part.transited.contents.is_empty() {
        format!("type {}, none", part.transited.r#type)
    } else {
        format!(
            "type {}, {}",
            part.transited.r#type,
            String::from_utf8_lossy(&part.transited.contents)
        )
    };
    let node = Node::new("EncTicketPart")
        .field("flags", part.flags)
        .with(show::key("key", &part.key, keys.shows_keys()))
        .field("crealm", &part.crealm)
        .field("cname", show::name(&part.cname))
        .field("transited", transited)
        .field("authtime", show::time(part.authtime))
        .maybe("starttime", part.starttime.map(show::time))
        .field("endtime", show::time(part.endtime))
        .maybe("renew-till", part.renew_till.map(show::time))
        .maybe("caddr", part.caddr.as_deref().map(show::addresses));
    match &part.authorization_data {
        Some(data) => node.with(authorization_data(data, Some(&pac::Around { octets, by, keys }))),
        None => node,
    }
}

/// Authorization data; the PAC in them is verified with what is `around` it.
pub(crate) fn authorization_data(data: &AuthorizationData, around: Option<&pac::Around<'_>>) -> Node {
    list("authorization-data", data, around, 0)
}

/// The same from octets.
pub(crate) fn authorization_data_octets(octets: &[u8]) -> Node {
    match AuthorizationData::decode(octets) {
        Ok(data) => authorization_data(&data, None),
        Err(error) => Node::unreadable("authorization-data", error, octets),
    }
}

/// Containers within containers: five levels are more than anybody builds.
const DEPTH: usize = 5;

fn list(label: &str, data: &AuthorizationData, around: Option<&pac::Around<'_>>, depth: usize) -> Node {
    Node::new(label).with_all(data.0.iter().map(|element| element_node(element, around, depth)))
}

fn element_node(element: &AuthorizationDataValue, around: Option<&pac::Around<'_>>, depth: usize) -> Node {
    let (kind, octets) = (AdType(element.r#type), &*element.data);
    let label = kind.to_string();
    match kind {
        AdType::IF_RELEVANT | AdType::MANDATORY_FOR_KDC if depth < DEPTH => {
            match AuthorizationData::decode(octets) {
                Ok(inner) => list(&label, &inner, around, depth + 1),
                Err(error) => Node::unreadable(label, error, octets),
            }
        }
        AdType::KDC_ISSUED if depth < DEPTH => match AdKdcIssued::decode(octets) {
            Ok(issued) => Node::new(label)
                .field("ad-checksum", show::checksum(&issued.ad_checksum))
                .with(list("elements", &issued.elements, around, depth + 1)),
            Err(error) => Node::unreadable(label, error, octets),
        },
        AdType::WIN2K_PAC => Node::new(label).with(match (Pac::parse(octets), around) {
            (Ok(parsed), Some(around)) => pac::pac(&parsed, around.keys, Some(around)),
            (Ok(parsed), None) => pac::pac(&parsed, &Keyring::default(), None),
            (Err(error), _) => Node::unreadable("PAC", error, octets),
        }),
        AdType::TOKEN_RESTRICTIONS => restrictions(label, octets),
        AdType::AP_OPTIONS => match <[u8; 4]>::try_from(octets) {
            // KERB_AP_OPTIONS_CBT, the only bit that is defined
            Ok(bits) if u32::from_le_bytes(bits) == 0x4000 => Node::leaf(label, "0x00004000 channel binding"),
            Ok(bits) => Node::leaf(label, format_args!("0x{:08x}", u32::from_le_bytes(bits))),
            Err(_) => Node::leaf(label, show::octets(octets)),
        },
        AdType::TARGET_PRINCIPAL => Node::leaf(label, utf16_le(octets)),
        _ => Node::leaf(label, show::octets(octets)),
    }
}

fn restrictions(label: String, octets: &[u8]) -> Node {
    // one entry in a SEQUENCE OF, or the entry alone: both are seen
    let entry = TokenRestrictions::decode(octets)
        .or_else(|error| octets.get(2..).map_or(Err(error), TokenRestrictions::decode));
    match entry {
        Ok(entry) => Node::new(label)
            .field("restriction-type", entry.restriction_type)
            .field("restriction", show::octets(&entry.restriction)),
        Err(error) => Node::unreadable(label, error, octets),
    }
}

fn utf16_le(octets: &[u8]) -> String {
    let units = octets
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u16::from_le_bytes(*pair));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
