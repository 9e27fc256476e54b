//! Octets: where a message ends, and whether it may be decoded.

use rasn_ldap::LdapMessage;

/// The longest message that is read.
pub const MAX_MESSAGE_OCTETS: usize = 256 * 1024;

/// How deep a message may be nested: filters in filters are decoded by recursion.
const MAX_DEPTH: usize = 64;

/// Octets that do not begin an LDAP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Another tag than that of a SEQUENCE.
    #[error("expected an LDAP message, which begins with 0x30, came 0x{0:02X}")]
    Tag(u8),
    /// A length that is indefinite or beyond [`MAX_MESSAGE_OCTETS`].
    #[error("the length of an LDAP message is not one that is read here")]
    Length,
}

/// How many octets the first message in `octets` has; `None` while its head is not complete.
///
/// # Errors
/// No message begins like this.
pub fn message_length(octets: &[u8]) -> Result<Option<usize>, FrameError> {
    const SEQUENCE: u8 = 0x30;
    match octets.first() {
        None => return Ok(None),
        Some(&SEQUENCE) => {}
        Some(tag) => return Err(FrameError::Tag(*tag)),
    }
    match head(octets) {
        Head::Short => Ok(None),
        Head::Complete { head, contents } => {
            let whole = head.saturating_add(contents);
            if whole > MAX_MESSAGE_OCTETS {
                return Err(FrameError::Length);
            }
            Ok(Some(whole))
        }
        Head::Wrong => Err(FrameError::Length),
    }
}

/// Decodes a message that is complete and not nested too deep.
pub(super) fn decode(octets: &[u8]) -> Option<LdapMessage> {
    is_shallow(octets).then(|| rasn::ber::decode(octets).ok())?
}

pub(super) fn encode(message: &LdapMessage) -> Option<Vec<u8>> {
    rasn::ber::encode(message).ok()
}

enum Head {
    Short,
    Wrong,
    Complete { head: usize, contents: usize },
}

/// The tag and the length of an element. Tags of more than one octet are not in LDAP.
fn head(octets: &[u8]) -> Head {
    const LONG: u8 = 0x80;
    let Some(first) = octets.get(1).copied() else {
        return Head::Short;
    };
    if first < LONG {
        return Head::Complete {
            head: 2,
            contents: first.into(),
        };
    }
    let count = usize::from(first & 0x7F);
    if count == 0 || count > 4 {
        return Head::Wrong;
    }
    match octets.get(2..2 + count) {
        None => Head::Short,
        Some(length) => Head::Complete {
            head: 2 + count,
            contents: length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)),
        },
    }
}

/// Whether no element is nested deeper than is decoded. Goes over the octets once, without recursion.
fn is_shallow(octets: &[u8]) -> bool {
    const CONSTRUCTED: u8 = 0x20;
    let mut ends: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(tag) = octets.get(at).copied() {
        while ends.last().is_some_and(|end| at >= *end) {
            ends.pop();
        }
        let Some(Head::Complete { head, contents }) = octets.get(at..).map(head) else {
            return false;
        };
        if tag & CONSTRUCTED == 0 {
            at = at.saturating_add(head).saturating_add(contents);
            continue;
        }
        ends.push(at.saturating_add(head).saturating_add(contents));
        if ends.len() > MAX_DEPTH {
            return false;
        }
        at += head;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_its_length_says() {
        assert_eq!(message_length(&[0x30, 3, 0]), Ok(Some(5)));
        assert_eq!(message_length(&[0x30, 0x82, 1, 0]), Ok(Some(260)));
        assert_eq!(message_length(&[0x30, 0x82, 1]), Ok(None));
        assert_eq!(message_length(&[0x16, 3]), Err(FrameError::Tag(0x16)));
        assert_eq!(
            message_length(&[0x30, 0x84, 0x7F, 0, 0, 0]),
            Err(FrameError::Length)
        );
    }

    #[test]
    fn filters_in_filters_end() {
        let nested = |depth: usize| {
            let mut octets = vec![0x87, 1, b'a'];
            for _ in 0..depth {
                let mut outer = vec![0xA2, 0x83];
                let length = octets.len();
                outer.extend([(length >> 16) as u8, (length >> 8) as u8, length as u8]);
                outer.extend(octets);
                octets = outer;
            }
            octets
        };
        assert!(is_shallow(&nested(MAX_DEPTH)));
        assert!(!is_shallow(&nested(MAX_DEPTH + 1)));
    }
}
