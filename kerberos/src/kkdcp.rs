//! Kerberos through an HTTPS proxy (MS-KKDCP): the envelope of a request and of a reply.

use crate::wire::{DecodeError, KdcProxyMessage, OctetString, Realm};

/// The media type of requests and replies, as MIT's client and Windows send it.
pub const CONTENT_TYPE: &str = "application/kerberos";
/// The path of a proxy that is configured by its host name only (MS-KKDCP section 2.1).
pub const DEFAULT_PATH: &str = "/KdcProxy";

/// A Kerberos message and where it is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The DER of the Kerberos message, without its length.
    pub message: Vec<u8>,
    /// How the length was or is to be given.
    pub framing: Framing,
    /// The realm to ask: clients must say it, replies do not. Compared without regard to case.
    pub target_domain: Option<Realm>,
    /// The flags of `DsrGetDcNameEx2` to find a domain controller with.
    pub dclocator_hint: Option<i32>,
}

/// Whether the length stands before the message. A proxy answers the way it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// In four octets, as on TCP (RFC 4120 section 7.2.2): what MS-KKDCP asks for.
    Length,
    /// Not at all: some clients leave it out, and proxies bear with them.
    Bare,
}

/// Why octets are no envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KkdcpError {
    /// They are no KDC-PROXY-MESSAGE.
    #[error(transparent)]
    Malformed(DecodeError),
    /// The content of the message starts neither with its length nor with a Kerberos message.
    #[error(
        "kerb-message of {got} octets: expected a Kerberos message after its length in four octets, found {stated:?} as the length"
    )]
    Framing {
        /// The octets after where the length should be, or all if there are fewer than four.
        got: usize,
        /// The first four octets as a length, if there are four.
        stated: Option<u32>,
    },
}

impl Envelope {
    /// A client's request to a realm.
    pub fn request(message: Vec<u8>, target_domain: Realm) -> Self {
        Self {
            message,
            framing: Framing::Length,
            target_domain: Some(target_domain),
            dclocator_hint: None,
        }
    }

    /// The answer to this request.
    #[must_use]
    pub fn reply(&self, message: Vec<u8>) -> Self {
        Self {
            message,
            framing: self.framing,
            target_domain: None,
            dclocator_hint: None,
        }
    }

    /// Reads the body of a request or a reply.
    ///
    /// # Errors
    ///
    /// The octets are no KDC-PROXY-MESSAGE, or what it carries is not framed.
    pub fn read(octets: &[u8]) -> Result<Self, KkdcpError> {
        let outer = KdcProxyMessage::decode(octets).map_err(KkdcpError::Malformed)?;
        let (framing, message) = unframe(&outer.kerb_message)?;
        let (target_domain, dclocator_hint) = (outer.target_domain, outer.dclocator_hint);
        Ok(Self {
            message: message.to_vec(),
            framing,
            target_domain,
            dclocator_hint,
        })
    }

    /// Writes the body of a request or a reply.
    pub fn write(&self) -> Vec<u8> {
        let kerb_message = match self.framing {
            Framing::Bare => self.message.clone(),
            Framing::Length => {
                // a message of 4 GiB is beyond any transport: the bound keeps the cast honest
                let length = u32::try_from(self.message.len()).unwrap_or(u32::MAX);
                [&length.to_be_bytes(), self.message.as_slice()].concat()
            }
        };
        KdcProxyMessage {
            kerb_message: OctetString::from(kerb_message),
            target_domain: self.target_domain.clone(),
            dclocator_hint: self.dclocator_hint,
        }
        .encode()
    }
}

/// Kerberos messages are of the application class, constructed: `60` to `7E`. A length never begins like that.
fn unframe(content: &[u8]) -> Result<(Framing, &[u8]), KkdcpError> {
    if matches!(content, [0x60..=0x7e, ..]) {
        return Ok((Framing::Bare, content));
    }
    let Some((length, message)) = content.split_first_chunk() else {
        return Err(KkdcpError::Framing {
            got: content.len(),
            stated: None,
        });
    };
    let stated = u32::from_be_bytes(*length);
    if usize::try_from(stated) == Ok(message.len()) {
        Ok((Framing::Length, message))
    } else {
        Err(KkdcpError::Framing {
            got: message.len(),
            stated: Some(stated),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn request() -> Envelope {
        Envelope::request(vec![0x6c, 0], "CORP.EXAMPLE".into())
    }

    #[test]
    fn the_layout_of_a_request_and_a_reply() {
        let expected = "301a a008 0406 00000002 6c00 a10e 1b0c 434f52502e4558414d504c45".replace(' ', "");
        assert_eq!(hex::encode(request().write()), expected);
        let reply = request().reply(vec![0x6d, 0]);
        assert_eq!(hex::encode(reply.write()), "300aa0080406000000026d00");
    }

    #[test]
    fn a_bare_message_is_answered_bare() {
        let bare = Envelope {
            framing: Framing::Bare,
            ..request()
        };
        let read = Envelope::read(&bare.write()).unwrap();
        assert_eq!(read, bare);
        assert_eq!(hex::encode(read.reply(vec![0x6d, 0]).write()), "3006a00404026d00");
    }

    #[test]
    fn a_wrong_length_is_refused_on_both_sides() {
        for (content, got, stated) in [
            (vec![0, 0, 0, 1, 0x6c, 0], 2, Some(1)),
            (vec![0, 0, 0, 3, 0x6c, 0], 2, Some(3)),
            (vec![0, 0, 2], 3, None),
            (vec![], 0, None),
        ] {
            let body = KdcProxyMessage {
                kerb_message: content.into(),
                target_domain: None,
                dclocator_hint: None,
            }
            .encode();
            assert_eq!(Envelope::read(&body), Err(KkdcpError::Framing { got, stated }));
        }
        assert!(matches!(Envelope::read(b"no DER"), Err(KkdcpError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            message in vec(any::<u8>(), 0..300), realm in proptest::option::of(".{0,20}"), hint in any::<Option<i32>>(),
        ) {
            let target_domain = realm.map(Realm::from);
            let envelope = Envelope { message, framing: Framing::Length, target_domain, dclocator_hint: hint };
            prop_assert_eq!(Envelope::read(&envelope.write()), Ok(envelope));
        }

        #[test]
        fn arbitrary_octets_never_panic(octets in vec(any::<u8>(), 0..100), at: prop::sample::Index, mask in 1u8..) {
            let _ = Envelope::read(&octets);
            let mut body = request().write();
            *at.get_mut(&mut body) ^= mask;
            let _ = Envelope::read(&body);
            prop_assert!(Envelope::read(&body[..at.index(body.len())]).is_err());
        }
    }
}
