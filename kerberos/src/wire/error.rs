//! What went wrong when octets were not the message that was expected.

use std::fmt;

use rasn::error::{BerDecodeErrorKind, CodecDecodeError, DecodeErrorKind, DerDecodeErrorKind};
use rasn::types::{Class, Tag};
use rasn::{Decode, Encode};

/// Octets from somebody else are not the value that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}: {problem}{}", Path(.field), At(.offset))]
pub struct DecodeError {
    /// The value that was expected, by its name in the ASN.1: "TGS-REQ".
    pub message: &'static str,
    /// The field, dotted from the outermost: "ticket.enc_part.kvno". Empty when the value as a whole is meant.
    pub field: String,
    /// Octets from the beginning of the input to the fault, where it can be told.
    pub offset: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with the octets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing there.
    #[error("there are no octets")]
    Empty,
    /// The input ends inside of a value.
    #[error("it ends too early")]
    Truncated,
    /// A value is longer than the one around it.
    #[error("a value of {length} octets stands where only {available} are left")]
    TooLong {
        /// Length that the value claims.
        length: usize,
        /// Octets that are left for it.
        available: usize,
    },
    /// Another tag was expected.
    #[error("expected {expected}, found {found}")]
    Tag {
        /// The tag that would have been right.
        expected: String,
        /// The tag that stands there.
        found: String,
    },
    /// A mandatory field is absent.
    #[error("the field is missing")]
    Missing,
    /// Octets follow after the value.
    #[error("{count} unexpected octets follow")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// The protocol version is not 5.
    #[error("{0}")]
    Version(String),
    /// The message type in the body and the tag differ.
    #[error("{0}")]
    MessageType(String),
    /// A value is not allowed here.
    #[error("{0}")]
    Value(String),
}

struct Path<'a>(&'a str);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ", field {}", self.0)
        }
    }
}

struct At<'a>(&'a Option<usize>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |offset| write!(f, " at octet {offset}"))
    }
}

impl DecodeError {
    /// A problem of the whole value.
    pub(crate) const fn whole(message: &'static str, offset: usize, problem: Problem) -> Self {
        Self {
            message,
            field: String::new(),
            offset: Some(offset),
            problem,
        }
    }

    /// A value that is not allowed, at a place that is known.
    pub(crate) fn value(message: &'static str, offset: usize, why: impl Into<String>) -> Self {
        Self::whole(message, offset, Problem::Value(why.into()))
    }

    /// The same fault, seen from a value that contains the octets from `offset` on.
    pub(crate) fn inside(mut self, message: &'static str, field: &str, offset: usize) -> Self {
        self.message = message;
        self.field = if self.field.is_empty() {
            field.to_owned()
        } else {
            format!("{field}.{}", self.field)
        };
        self.offset = self.offset.map(|inner| inner.saturating_add(offset));
        self
    }
}

/// Decodes exactly one DER value.
pub(crate) fn decode_der<T: Decode>(octets: &[u8], message: &'static str) -> Result<T, DecodeError> {
    rasn::der::decode::<T>(octets).map_err(|error| explain(octets, message, &error))
}

/// Encodes a value; every type of this module can be encoded whatever it holds.
pub(crate) fn encode_der<T: Encode>(value: &T) -> Vec<u8> {
    rasn::der::encode(value).expect("no type of this module has a constraint that a value could break")
}

/// Turns the codec's error into ours. Only runs on bad input, so it may walk the octets again to find the place.
fn explain(octets: &[u8], message: &'static str, error: &rasn::error::DecodeError) -> DecodeError {
    if octets.is_empty() {
        return DecodeError::whole(message, 0, Problem::Empty);
    }
    let mut path = Vec::new();
    let mut kind: &DecodeErrorKind = &error.kind;
    while let DecodeErrorKind::FieldError { name, nested } = kind {
        path.push(field_of(name));
        kind = &nested.kind;
    }
    if let DecodeErrorKind::MissingField { name } = kind {
        path.push(field_of(name));
    }
    let (mut problem, mut offset) = (problem(kind, path.last().copied()), None);
    let structure = structure::fault(octets);
    match (&problem, structure) {
        (
            Problem::Truncated | Problem::TooLong { .. } | Problem::Trailing { .. } | Problem::Tag { .. },
            Some((at, found)),
        ) => {
            problem = found;
            offset = Some(at);
        }
        (Problem::Tag { .. }, None) if path.is_empty() => offset = Some(0),
        _ => {}
    }
    DecodeError {
        message,
        field: path.join("."),
        offset,
        problem,
    }
}

/// The codec says `Type.field`; the types are not ours to show.
fn field_of(name: &'static str) -> &'static str {
    name.rsplit('.').next().unwrap_or(name)
}

fn problem(kind: &DecodeErrorKind, field: Option<&str>) -> Problem {
    match kind {
        DecodeErrorKind::Incomplete { .. } | DecodeErrorKind::Eof => Problem::Truncated,
        DecodeErrorKind::UnexpectedExtraData { length, .. } => Problem::Trailing { count: *length },
        DecodeErrorKind::MissingField { .. } | DecodeErrorKind::UnexpectedEmptyInput => Problem::Missing,
        DecodeErrorKind::CodecSpecific {
            inner: CodecDecodeError::Ber(kind),
        } => ber_problem(kind),
        DecodeErrorKind::CodecSpecific {
            inner: CodecDecodeError::Der(DerDecodeErrorKind::ConstructedEncodingNotAllowed),
        } => Problem::Value("a string in pieces, which DER does not allow".to_owned()),
        DecodeErrorKind::Custom { msg } => match field {
            Some("pvno" | "tkt_vno" | "authenticator_vno") => Problem::Version(msg.clone()),
            Some("msg_type") => Problem::MessageType(msg.clone()),
            _ => Problem::Value(msg.clone()),
        },
        other => Problem::Value(other.to_string()),
    }
}

fn ber_problem(kind: &BerDecodeErrorKind) -> Problem {
    match kind {
        BerDecodeErrorKind::MismatchedTag { expected, actual } => Problem::Tag {
            expected: tag_text(*expected),
            found: tag_text(*actual),
        },
        BerDecodeErrorKind::IndefiniteLengthNotAllowed => {
            Problem::Value("a length without an end, which DER does not allow".to_owned())
        }
        other => Problem::Value(other.to_string()),
    }
}

fn tag_text(tag: Tag) -> String {
    let number = tag.value;
    match (tag.class, number) {
        (Class::Universal, 1) => "BOOLEAN".to_owned(),
        (Class::Universal, 2) => "INTEGER".to_owned(),
        (Class::Universal, 3) => "BIT STRING".to_owned(),
        (Class::Universal, 4) => "OCTET STRING".to_owned(),
        (Class::Universal, 6) => "OBJECT IDENTIFIER".to_owned(),
        (Class::Universal, 16) => "SEQUENCE".to_owned(),
        (Class::Universal, 24) => "GeneralizedTime".to_owned(),
        (Class::Universal, 27) => "GeneralString".to_owned(),
        (Class::Universal, _) => format!("universal tag {number}"),
        (Class::Application, _) => {
            match crate::codes::MessageType(i32::try_from(number).unwrap_or(-1)).name() {
                Some(name) => format!("[APPLICATION {number}] {name}"),
                None => format!("[APPLICATION {number}]"),
            }
        }
        (Class::Context, _) => format!("[{number}]"),
        (Class::Private, _) => format!("[PRIVATE {number}]"),
    }
}

#[path = "structure.rs"]
pub(crate) mod structure;
