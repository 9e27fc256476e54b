//! The place of the PAC in a ticket: `EncTicketPart` (RFC 4120 section 5.3), authorization-data, AD-IF-RELEVANT,
//! AD-WIN2K-PAC. Found and replaced on the encoded octets, since the ticket signature is over exactly those.

use std::ops::Range;

use thiserror::Error;

/// The encoded `EncTicketPart` in which the PAC is one zero octet: what the ticket signature is over.
///
/// # Errors
/// [`TicketError`] when the octets are no ticket or it has no PAC.
pub fn ticket_without_pac(enc_ticket_part: &[u8]) -> Result<Vec<u8>, TicketError> {
    replace_pac(enc_ticket_part, &[0])
}

/// The encoded `EncTicketPart` with its PAC replaced. All other octets stay as they are, but for the lengths of
/// what encloses the PAC.
///
/// # Errors
/// [`TicketError`] when the octets are no ticket or it has no PAC.
pub fn replace_pac(enc_ticket_part: &[u8], pac: &[u8]) -> Result<Vec<u8>, TicketError> {
    let path = &find(enc_ticket_part)?.ok_or(TicketError::NoPac)?;
    // Lengths from the inside out, since each depends on the inner ones; then the octets in one pass.
    let [.., string] = path;
    let hole = string.content.clone();
    let grown = |inner: usize, element: &Element, replaced: &Range<usize>| {
        (replaced.start - element.content.start) + inner + (element.content.end - replaced.end)
    };
    let mut lengths = [0; PATH_LENGTH];
    let (mut inner, mut replaced) = (pac.len(), hole.clone());
    for (length, element) in lengths.iter_mut().zip(path).rev() {
        *length = grown(inner, element, &replaced);
        inner = *length + header_length(*length);
        replaced = element.start..element.content.end;
    }
    let mut out = Vec::with_capacity(inner);
    for ((length, element), next) in lengths
        .iter()
        .zip(path)
        .zip(path.iter().skip(1).map(Some).chain([None]))
    {
        out.push(element.tag);
        push_length(&mut out, *length);
        let end = next.map_or(hole.start, |next| next.start);
        out.extend_from_slice(
            enc_ticket_part
                .get(element.content.start..end)
                .unwrap_or_default(),
        );
    }
    out.extend_from_slice(pac);
    out.extend_from_slice(enc_ticket_part.get(hole.end..).unwrap_or_default());
    Ok(out)
}

/// The PAC of an encoded `EncTicketPart`; `None` when it has none.
///
/// # Errors
/// [`TicketError::Malformed`] when the octets are no ticket.
pub fn pac_of_ticket(enc_ticket_part: &[u8]) -> Result<Option<&[u8]>, TicketError> {
    let path = find(enc_ticket_part)?;
    Ok(path.and_then(|[.., string]| enc_ticket_part.get(string.content)))
}

/// Why a PAC was not found in a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TicketError {
    /// Not an encoded `EncTicketPart`.
    #[error("EncTicketPart at octet {at}: expected {expected}")]
    Malformed {
        /// Where.
        at: usize,
        /// What should have been there.
        expected: &'static str,
    },
    /// The ticket has no PAC.
    #[error("EncTicketPart: expected a PAC in its authorization data, came none")]
    NoPac,
}

/// A DER value by its place in the octets.
#[derive(Clone, Debug)]
struct Element {
    tag: u8,
    start: usize,
    content: Range<usize>,
}

/// The elements from the ticket down to the octet string that is the PAC.
fn find(octets: &[u8]) -> Result<Option<[Element; PATH_LENGTH]>, TicketError> {
    let application = expect(octets, 0..octets.len(), APPLICATION_3, "[APPLICATION 3]")?;
    if application.content.end != octets.len() {
        return Err(TicketError::Malformed {
            at: application.content.end,
            expected: "the end",
        });
    }
    let sequence = expect(octets, application.content.clone(), SEQUENCE, "a SEQUENCE")?;
    let Some(field) = child(octets, &sequence, AUTHORIZATION_DATA)? else {
        return Ok(None);
    };
    let found = find_entry(octets, field.content.clone(), AD_IF_RELEVANT, |outer| {
        let [.., data] = &outer;
        let inner = find_entry(octets, data.content.clone(), AD_WIN2K_PAC, |inner| {
            Ok(Some(inner))
        })?;
        Ok(inner.map(|inner| (outer, inner)))
    })?;
    Ok(found.map(|([a, b, c, d], [e, f, g, h])| [application, sequence, field, a, b, c, d, e, f, g, h]))
}

/// The first entry of a type in an encoded `AuthorizationData` that `accept` takes. It is given the list, the
/// entry, its ad-data field and the octet string in that.
fn find_entry<T>(
    octets: &[u8],
    within: Range<usize>,
    kind: &[u8],
    accept: impl Fn([Element; 4]) -> Result<Option<T>, TicketError>,
) -> Result<Option<T>, TicketError> {
    let list = expect(octets, within, SEQUENCE, "AuthorizationData")?;
    let mut rest = list.content.clone();
    while !rest.is_empty() {
        let entry = expect(octets, rest.clone(), SEQUENCE, "an entry of AuthorizationData")?;
        rest.start = entry.content.end;
        let ad_type = expect(octets, entry.content.clone(), CONTEXT_0, "ad-type")?;
        let data = expect(
            octets,
            ad_type.content.end..entry.content.end,
            CONTEXT_1,
            "ad-data",
        )?;
        let string = expect(
            octets,
            data.content.clone(),
            OCTET_STRING,
            "the OCTET STRING of ad-data",
        )?;
        if octets.get(ad_type.content) == Some(kind) {
            let accepted = accept([list.clone(), entry, data, string])?;
            if accepted.is_some() {
                return Ok(accepted);
            }
        }
    }
    Ok(None)
}

/// The first child with a tag.
fn child(octets: &[u8], parent: &Element, tag: u8) -> Result<Option<Element>, TicketError> {
    let mut rest = parent.content.clone();
    while !rest.is_empty() {
        let element = element(octets, rest.clone())?;
        if element.tag == tag {
            return Ok(Some(element));
        }
        rest.start = element.content.end;
    }
    Ok(None)
}

fn expect(
    octets: &[u8],
    within: Range<usize>,
    tag: u8,
    expected: &'static str,
) -> Result<Element, TicketError> {
    let at = within.start;
    match element(octets, within) {
        Ok(element) if element.tag == tag => Ok(element),
        _ => Err(TicketError::Malformed { at, expected }),
    }
}

/// The element at the start of a range. No tag of a ticket takes more than one octet.
fn element(octets: &[u8], within: Range<usize>) -> Result<Element, TicketError> {
    let start = within.start;
    let malformed = TicketError::Malformed {
        at: start,
        expected: "a tag and a length that fits",
    };
    let Some([tag, first, rest @ ..]) = octets.get(within.clone()) else {
        return Err(malformed);
    };
    let (header, length) = match first {
        short @ 0..=0x7f => (2, usize::from(*short)),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let Some(digits) = rest.get(..count) else {
                return Err(malformed);
            };
            (
                2 + count,
                digits
                    .iter()
                    .fold(0usize, |length, digit| length << 8 | usize::from(*digit)),
            )
        }
        _ => return Err(malformed),
    };
    let content = start + header..start.saturating_add(header).saturating_add(length);
    if content.end > within.end {
        return Err(malformed);
    }
    Ok(Element {
        tag: *tag,
        start,
        content,
    })
}

/// Octets of a tag and a length.
fn header_length(length: usize) -> usize {
    match length {
        0..0x80 => 2,
        _ => {
            2 + length
                .to_be_bytes()
                .iter()
                .skip_while(|octet| **octet == 0)
                .count()
        }
    }
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    if length < 0x80 {
        out.push(length as u8);
        return;
    }
    let octets = length.to_be_bytes();
    let skipped = octets.iter().take_while(|octet| **octet == 0).count();
    out.push(0x80 | (octets.len() - skipped) as u8);
    out.extend(octets.iter().skip(skipped));
}

/// Ticket, its sequence, the field, and twice list, entry, ad-data and octet string.
const PATH_LENGTH: usize = 11;
const APPLICATION_3: u8 = 0x63;
const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;
/// Field `[10]` of `EncTicketPart`.
const AUTHORIZATION_DATA: u8 = 0xaa;
/// The encoded INTEGER 1.
const AD_IF_RELEVANT: &[u8] = &[0x02, 0x01, 0x01];
/// The encoded INTEGER 128.
const AD_WIN2K_PAC: &[u8] = &[0x02, 0x02, 0x00, 0x80];
