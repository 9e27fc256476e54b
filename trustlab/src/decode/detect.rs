//! What the octets are: told by their content, never by a file's name.

use kerberos::ccache::Ccache;
use kerberos::keytab::{FormatError, Keytab};
use kerberos::kkdcp::{Envelope, KkdcpError};
use kerberos::pac::{ContainerError, Pac};
use kerberos::phrase::counted;
use kerberos::wire::{DecodeError, GssToken, Message, MethodData};

use super::keyring::Keyring;
use super::node::Node;
use super::{files, message, pac, padata, show};

/// Octets are nothing that can be shown, or not what they begin like.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Nothing there.
    #[error("the input is empty")]
    Empty,
    /// They begin like nothing that is known.
    #[error(
        "cannot tell what this is: expected a Kerberos message, ticket or KRB-CRED, a PAC, ccache, keytab, KDC proxy message or GSS token, as octets, hexadecimal or base64; it begins with {0}"
    )]
    Unknown(String),
    /// They begin like a message and are none.
    #[error(transparent)]
    Message(#[from] DecodeError),
    /// They begin like a keytab or ccache and are none.
    #[error(transparent)]
    File(#[from] FormatError),
    /// They begin like a KDC proxy message and are none.
    #[error(transparent)]
    Proxy(#[from] KkdcpError),
    /// They begin like a PAC and are none.
    #[error(transparent)]
    Pac(#[from] ContainerError),
}

/// The tree of whatever these octets are. Session keys that come to light stay in the keyring, so messages of one
/// exchange can be shown one after the other.
///
/// # Errors
///
/// The octets are nothing that is known, or break off or contradict themselves: what was expected, and where.
pub(crate) fn tree(octets: &[u8], keys: &mut Keyring) -> Result<Node, Unreadable> {
    if octets.is_empty() {
        return Err(Unreadable::Empty);
    }
    if let Some(binary) = text::decode(octets)
        && Kind::of(&binary).is_some()
    {
        return tree_of_octets(&binary, keys);
    }
    tree_of_octets(octets, keys)
}

fn tree_of_octets(octets: &[u8], keys: &mut Keyring) -> Result<Node, Unreadable> {
    match Kind::of(octets) {
        Some(Kind::Keytab) => Ok(files::keytab(&Keytab::read(octets)?, keys)),
        Some(Kind::Ccache) => Ok(files::ccache(&Ccache::read(octets)?, keys)),
        Some(Kind::GssToken) => message::gss_token(&GssToken::decode(octets)?, keys),
        Some(Kind::Message) => Ok(message::message(&Message::decode(octets)?, keys)),
        Some(Kind::Stream) => stream(octets, keys),
        Some(Kind::Sequence) => sequence(octets, keys),
        Some(Kind::Pac) => Ok(pac::pac(&Pac::parse(octets)?, keys, None)),
        None => Err(Unreadable::Unknown(show::octets(
            octets.get(..16).unwrap_or(octets),
        ))),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Keytab,
    Ccache,
    GssToken,
    Message,
    /// Messages with their lengths before them.
    Stream,
    /// A SEQUENCE without an application tag.
    Sequence,
    Pac,
}

impl Kind {
    fn of(octets: &[u8]) -> Option<Self> {
        match octets {
            [5, 2, ..] => Some(Self::Keytab),
            [5, 3 | 4, ..] => Some(Self::Ccache),
            [0x60, ..] => Some(Self::GssToken),
            _ if Message::peek(octets).is_some() => Some(Self::Message),
            [0, _, _, _, tag, ..] if Message::peek(&[*tag]).is_some() => Some(Self::Stream),
            [0x30, ..] => Some(Self::Sequence),
            // a PAC: at most 255 buffers, version 0
            [count, 0, 0, 0, 0, 0, 0, 0, ..] if *count > 0 => Some(Self::Pac),
            _ => None,
        }
    }
}

/// Messages as on TCP: each after its length in four octets, big-endian.
fn stream(octets: &[u8], keys: &mut Keyring) -> Result<Node, Unreadable> {
    let truncated = |offset: usize, missing: usize| {
        let expected = format!("{missing} more octets");
        Unreadable::File(FormatError {
            format: "TCP stream",
            offset,
            expected,
            got: "the end".to_owned(),
        })
    };
    let (mut rest, mut nodes) = (octets, Vec::new());
    while !rest.is_empty() {
        let (length, after) = rest
            .split_first_chunk::<4>()
            .ok_or_else(|| truncated(octets.len(), 4 - rest.len()))?;
        let length = u32::from_be_bytes(*length) as usize;
        let Some((message, after)) = after.split_at_checked(length) else {
            return Err(truncated(octets.len(), length.saturating_sub(after.len())));
        };
        nodes.push(
            message::message(&Message::decode(message)?, keys)
                .field("length prefix", format_args!("{length} octets")),
        );
        rest = after;
    }
    match <[Node; 1]>::try_from(nodes) {
        Ok([node]) => Ok(node),
        Err(nodes) => Ok(Node::leaf("TCP stream", counted(nodes.len(), "message")).with_all(nodes)),
    }
}

/// A KDC proxy message, or else a list of pre-authentication data; the error is that of the proxy message.
fn sequence(octets: &[u8], keys: &mut Keyring) -> Result<Node, Unreadable> {
    match Envelope::read(octets) {
        Ok(envelope) => message::proxy(&envelope, keys),
        Err(error) => match MethodData::decode(octets) {
            Ok(methods) => Ok(padata::methods("METHOD-DATA", &methods, keys)),
            Err(_) => Err(error.into()),
        },
    }
}

/// Octets written as text.
mod text {
    use base64::Engine as _;
    use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
    use base64::engine::{DecodePaddingMode, general_purpose};

    /// Hexadecimal or else base64, both with any white space; nothing if it is neither.
    pub(super) fn decode(octets: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(octets).ok()?;
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if compact.len() < 8 || !compact.is_ascii() {
            return None;
        }
        hexadecimal(&compact).or_else(|| base64(&compact))
    }

    fn hexadecimal(compact: &str) -> Option<Vec<u8>> {
        let digits = compact.strip_prefix("0x").unwrap_or(compact).replace(':', "");
        hex::decode(digits).ok()
    }

    fn base64(compact: &str) -> Option<Vec<u8>> {
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        [&::base64::alphabet::STANDARD, &::base64::alphabet::URL_SAFE]
            .into_iter()
            .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(compact).ok())
            .or_else(|| general_purpose::STANDARD.decode(compact).ok())
    }
}
