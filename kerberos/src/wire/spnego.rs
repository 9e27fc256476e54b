//! The tokens of SPNEGO (RFC 4178), by which `Negotiate` of HTTP agrees on a mechanism.

use super::error::{DecodeError, Problem, structure};

/// The DER of the OID of SPNEGO, 1.3.6.1.5.5.2, with its tag and length.
const SPNEGO_OID: [u8; 8] = [0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02];
const NAME: &str = "SPNEGO token";

const APPLICATION_0: u8 = 0x60;
const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const ENUMERATED: u8 = 0x0A;
const OCTET_STRING: u8 = 0x04;

/// The tag \[`number`\] of a field, constructed.
const fn field(number: u8) -> u8 {
    0xA0 | number
}

/// A token of the negotiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NegotiationToken {
    /// NegTokenInit: what the client has, its first choice first.
    Init {
        /// The mechanisms.
        mechanisms: Vec<Mechanism>,
        /// The first token of the first mechanism.
        token: Option<Vec<u8>>,
    },
    /// NegTokenResp: where things stand.
    Response {
        /// The state.
        state: Option<NegotiationState>,
        /// The mechanism that was chosen, in the first answer.
        mechanism: Option<Mechanism>,
        /// A token of that mechanism.
        token: Option<Vec<u8>>,
    },
}

/// A mechanism of the GSS-API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Kerberos 5, 1.2.840.113554.1.2.2.
    Kerberos,
    /// Kerberos 5 by the number that Windows 2000 gave it, 1.2.840.48018.1.2.2 (MS-SPNG section 2.2.1).
    MsKerberos,
    /// NTLM, 1.3.6.1.4.1.311.2.2.10.
    Ntlm,
    /// Another one: the contents of its OID.
    Other(Vec<u8>),
}

/// Where a negotiation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NegotiationState {
    /// accept-completed.
    AcceptCompleted,
    /// accept-incomplete.
    AcceptIncomplete,
    /// reject.
    Reject,
    /// request-mic.
    RequestMic,
}

impl Mechanism {
    const NUMBERS: [(Self, &'static [u8]); 3] = [
        (
            Self::Kerberos,
            &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02],
        ),
        (
            Self::MsKerberos,
            &[0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02],
        ),
        (
            Self::Ntlm,
            &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A],
        ),
    ];

    fn from_oid(contents: &[u8]) -> Self {
        let known = Self::NUMBERS.into_iter().find(|(_, number)| *number == contents);
        known.map_or_else(|| Self::Other(contents.to_vec()), |(mechanism, _)| mechanism)
    }

    fn oid(&self) -> &[u8] {
        if let Self::Other(contents) = self {
            return contents;
        }
        let found = Self::NUMBERS.iter().find(|(mechanism, _)| mechanism == self);
        found.map_or(&[], |(_, number)| *number)
    }

    /// Whether its tokens are those of RFC 4121.
    #[must_use]
    pub const fn is_kerberos(&self) -> bool {
        matches!(self, Self::Kerberos | Self::MsKerberos)
    }
}

impl NegotiationState {
    const ALL: [Self; 4] = [
        Self::AcceptCompleted,
        Self::AcceptIncomplete,
        Self::Reject,
        Self::RequestMic,
    ];

    fn from_octets(octets: &[u8]) -> Option<Self> {
        match octets {
            [number] => Self::ALL.get(usize::from(*number)).copied(),
            _ => None,
        }
    }
}

impl NegotiationToken {
    /// Whether octets begin as a token of SPNEGO does, as opposed to one of a mechanism itself.
    #[must_use]
    pub fn is_begun_by(octets: &[u8]) -> bool {
        if octets.first() == Some(&field(1)) {
            return true;
        }
        let inside = structure::element(octets, 0, octets.len()).ok();
        inside.is_some_and(|outer| {
            outer.tag == APPLICATION_0
                && octets
                    .get(outer.contents..outer.end)
                    .is_some_and(|contents| contents.starts_with(&SPNEGO_OID))
        })
    }

    /// Reads a token and nothing else. The flags, the MIC of the list, hints of Windows and what later versions may add are
    /// passed over.
    ///
    /// # Errors
    ///
    /// It is neither a NegTokenInit nor a NegTokenResp, a field stands twice or out of place, or something follows a value.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        let mut whole = Reader::new(octets);
        match whole.peek() {
            None => Err(DecodeError::whole(NAME, 0, Problem::Empty)),
            Some(APPLICATION_0) => {
                let mut outer = whole.only(APPLICATION_0, "[APPLICATION 0]")?;
                let oid = outer.inside(OID, "the OID of SPNEGO")?;
                if oid.rest() != SPNEGO_OID.get(2..).unwrap_or_default() {
                    let why = "expected the mechanism 1.3.6.1.5.5.2 (SPNEGO)";
                    return Err(DecodeError::value(NAME, oid.at, why));
                }
                Self::read_init(&mut outer.only(field(0), "[0] NegTokenInit")?)
            }
            Some(_) => Self::read_response(&mut whole.only(field(1), "[1] NegTokenResp")?),
        }
    }

    fn read_init(outer: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const MECH_TYPES: u8 = field(0);
        const MECH_TOKEN: u8 = field(2);
        let mut fields = outer.only(SEQUENCE, "a SEQUENCE")?;
        let (mut mechanisms, mut token) = (Vec::new(), None);
        let mut before = None;
        while let Some((tag, mut value)) = fields.next_field(&mut before)? {
            match tag {
                MECH_TYPES => {
                    let mut list = value.only(SEQUENCE, "a SEQUENCE of mechanisms")?;
                    while list.peek().is_some() {
                        mechanisms.push(Mechanism::from_oid(list.inside(OID, "an OID")?.rest()));
                    }
                }
                MECH_TOKEN => token = Some(value.only(OCTET_STRING, "an OCTET STRING")?.rest().to_vec()),
                _ => {}
            }
        }
        Ok(Self::Init { mechanisms, token })
    }

    fn read_response(outer: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const NEG_STATE: u8 = field(0);
        const SUPPORTED_MECH: u8 = field(1);
        const RESPONSE_TOKEN: u8 = field(2);
        let mut fields = outer.only(SEQUENCE, "a SEQUENCE")?;
        let (mut state, mut mechanism, mut token) = (None, None, None);
        let mut before = None;
        while let Some((tag, mut value)) = fields.next_field(&mut before)? {
            match tag {
                NEG_STATE => {
                    let number = value.only(ENUMERATED, "an ENUMERATED")?;
                    let known = NegotiationState::from_octets(number.rest());
                    let unknown = || DecodeError::value(NAME, number.at, "expected a state from 0 to 3");
                    state = Some(known.ok_or_else(unknown)?);
                }
                SUPPORTED_MECH => mechanism = Some(Mechanism::from_oid(value.only(OID, "an OID")?.rest())),
                RESPONSE_TOKEN => token = Some(value.only(OCTET_STRING, "an OCTET STRING")?.rest().to_vec()),
                _ => {}
            }
        }
        Ok(Self::Response {
            state,
            mechanism,
            token,
        })
    }

    /// The octets of the token.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Init { mechanisms, token } => {
                let list: Vec<u8> = mechanisms
                    .iter()
                    .flat_map(|mechanism| element(OID, mechanism.oid()))
                    .collect();
                let mut fields = element(field(0), &element(SEQUENCE, &list));
                push_token(&mut fields, token.as_deref());
                let mut contents = SPNEGO_OID.to_vec();
                contents.extend(element(field(0), &element(SEQUENCE, &fields)));
                element(APPLICATION_0, &contents)
            }
            Self::Response {
                state,
                mechanism,
                token,
            } => {
                let mut fields = Vec::new();
                if let Some(state) = state {
                    fields.extend(element(field(0), &element(ENUMERATED, &[*state as u8])));
                }
                if let Some(mechanism) = mechanism {
                    fields.extend(element(field(1), &element(OID, mechanism.oid())));
                }
                push_token(&mut fields, token.as_deref());
                element(field(1), &element(SEQUENCE, &fields))
            }
        }
    }
}

fn push_token(fields: &mut Vec<u8>, token: Option<&[u8]>) {
    if let Some(token) = token {
        fields.extend(element(field(2), &element(OCTET_STRING, token)));
    }
}

fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(contents.len() + 6);
    octets.push(tag);
    super::gss::push_length(&mut octets, contents.len());
    octets.extend_from_slice(contents);
    octets
}

/// Reads values one after another, up to an end.
#[derive(Clone, Copy)]
struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    const fn new(octets: &'a [u8]) -> Self {
        Self {
            octets,
            at: 0,
            end: octets.len(),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.octets.get(self.at..self.end).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// The next field of a SEQUENCE, and the identifier octet before it: they ascend, so that none comes twice.
    fn next_field(&mut self, before: &mut Option<u8>) -> Result<Option<(u8, Self)>, DecodeError> {
        let Some(tag) = self.peek() else {
            return Ok(None);
        };
        let at = self.at;
        if !(field(0)..=field(30)).contains(&tag) {
            let (expected, found) = ("a field [0] to [30]".to_owned(), identifier(tag));
            return Err(DecodeError::whole(NAME, at, Problem::Tag { expected, found }));
        }
        if let Some(earlier) = before.replace(tag).filter(|earlier| *earlier >= tag) {
            let number = |tag| tag & !field(0);
            let why = format!("the field [{}] after [{}]", number(tag), number(earlier));
            return Err(DecodeError::value(NAME, at, why));
        }
        Ok(Some((tag, self.inside(tag, "a field")?)))
    }

    /// The inside of a value that nothing follows.
    fn only(&mut self, tag: u8, expected: &str) -> Result<Self, DecodeError> {
        let inside = self.inside(tag, expected)?;
        match self.rest().len() {
            0 => Ok(inside),
            count => Err(DecodeError::whole(NAME, self.at, Problem::Trailing { count })),
        }
    }

    /// The inside of the next value, which has to have this tag.
    fn inside(&mut self, tag: u8, expected: &str) -> Result<Self, DecodeError> {
        let found = structure::element(self.octets, self.at, self.end)
            .map_err(|(offset, problem)| DecodeError::whole(NAME, offset, problem))?;
        if found.tag != tag {
            let (expected, found) = (expected.to_owned(), identifier(found.tag));
            return Err(DecodeError::whole(
                NAME,
                self.at,
                Problem::Tag { expected, found },
            ));
        }
        self.at = found.end;
        Ok(Self {
            octets: self.octets,
            at: found.contents,
            end: found.end,
        })
    }
}

fn identifier(tag: u8) -> String {
    format!("identifier octet 0x{tag:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_they_were_written() {
        let token = |length| vec![0x60; length];
        for written in [
            NegotiationToken::Init {
                mechanisms: vec![Mechanism::MsKerberos, Mechanism::Kerberos, Mechanism::Ntlm],
                token: Some(token(3000)),
            },
            NegotiationToken::Init {
                mechanisms: vec![Mechanism::Other(vec![0x2A, 3])],
                token: None,
            },
            NegotiationToken::Response {
                state: Some(NegotiationState::AcceptCompleted),
                mechanism: Some(Mechanism::Kerberos),
                token: Some(token(130)),
            },
            NegotiationToken::Response {
                state: Some(NegotiationState::Reject),
                mechanism: None,
                token: None,
            },
        ] {
            let octets = written.encode();
            assert!(NegotiationToken::is_begun_by(&octets));
            assert_eq!(NegotiationToken::decode(&octets).unwrap(), written);
            for cut in 0..octets.len() {
                NegotiationToken::decode(octets.get(..cut).unwrap()).unwrap_err();
            }
        }
    }

    /// The first example of RFC 4178 in print, and what MS-SPNG adds to it: hints in field 3.
    #[test]
    fn hints_of_a_server_are_passed_over() {
        let octets = [
            0x60, 0x26, 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02, 0xA0, 0x1C, 0x30, 0x1A, 0xA0, 0x0E,
            0x30, 0x0C, 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A, 0xA3, 0x08,
            0x30, 0x06, 0xA0, 0x04, 0x1B, 0x02, 0x68, 0x69,
        ];
        let expected = NegotiationToken::Init {
            mechanisms: vec![Mechanism::Ntlm],
            token: None,
        };
        assert_eq!(NegotiationToken::decode(&octets).unwrap(), expected);
    }

    #[test]
    fn what_is_no_negotiation_is_said_to_be_none() {
        let kerberos = super::super::GssToken::new(super::super::TokenId::ApReq, vec![1]).encode();
        assert!(!NegotiationToken::is_begun_by(&kerberos));
        let error = NegotiationToken::decode(&kerberos).unwrap_err().to_string();
        assert!(error.contains("SPNEGO"), "{error}");
        NegotiationToken::decode(b"NTLMSSP\0").unwrap_err();
        NegotiationToken::decode(&[0xA1, 0x07, 0x30, 0x05, 0xA0, 0x03, 0x0A, 0x01, 0x04]).unwrap_err();
    }

    /// A NegTokenResp of fields, each with its identifier octet.
    fn response(fields: &[(u8, &[u8])]) -> Vec<u8> {
        let fields: Vec<u8> = fields
            .iter()
            .flat_map(|(tag, contents)| element(*tag, contents))
            .collect();
        element(field(1), &element(SEQUENCE, &fields))
    }

    fn init(fields: &[(u8, &[u8])]) -> Vec<u8> {
        let fields = response(fields);
        let fields = fields.get(2..).unwrap();
        let contents = [SPNEGO_OID.as_slice(), &element(field(0), fields)].concat();
        element(APPLICATION_0, &contents)
    }

    const STATE: &[u8] = &[ENUMERATED, 1, 0];
    const TOKEN: &[u8] = &[OCTET_STRING, 1, 7];
    const MECHANISM: &[u8] = &[OID, 2, 0x2A, 3];
    const LIST: &[u8] = &[SEQUENCE, 4, OID, 2, 0x2A, 3];

    #[test]
    fn a_field_has_its_whole_identifier_octet() {
        NegotiationToken::decode(&response(&[(0xA0, STATE), (0xA2, TOKEN)])).unwrap();
        NegotiationToken::decode(&init(&[(0xA0, LIST), (0xA2, TOKEN)])).unwrap();
        for class in [0x00, 0x20, 0x40, 0x60, 0x80, 0xC0, 0xE0] {
            for octets in [
                response(&[(class, STATE)]),
                response(&[(class | 1, MECHANISM)]),
                response(&[(class | 2, TOKEN)]),
                init(&[(class, LIST)]),
                init(&[(0xA0, LIST), (class | 2, TOKEN)]),
            ] {
                let error = NegotiationToken::decode(&octets).unwrap_err();
                assert!(matches!(error.problem, Problem::Tag { .. }), "{error}");
            }
        }
    }

    #[test]
    fn nothing_follows_a_value_within_its_frame() {
        let more = |value: &[u8]| [value, &[OCTET_STRING, 0]].concat();
        let longer = |octets: Vec<u8>, at: &[usize]| {
            let mut octets = more(&octets);
            at.iter().for_each(|at| *octets.get_mut(*at).unwrap() += 2);
            octets
        };
        for octets in [
            response(&[(0xA0, &more(STATE))]),
            response(&[(0xA1, &more(MECHANISM))]),
            response(&[(0xA2, &more(TOKEN))]),
            init(&[(0xA0, &more(LIST))]),
            init(&[(0xA0, LIST), (0xA2, &more(TOKEN))]),
            // after the SEQUENCE, after the choice within the GSS-API token, and after it
            longer(response(&[(0xA0, STATE)]), &[1]),
            longer(init(&[(0xA0, LIST)]), &[1, 11]),
            longer(init(&[(0xA0, LIST)]), &[1]),
            longer(init(&[(0xA0, LIST)]), &[]),
        ] {
            let error = NegotiationToken::decode(&octets).unwrap_err();
            assert_eq!(error.problem, Problem::Trailing { count: 2 }, "{octets:02x?}");
        }
    }

    #[test]
    fn fields_stand_once_and_in_their_order() {
        for (octets, expected) in [
            (response(&[(0xA0, STATE), (0xA0, STATE)]), "[0] after [0]"),
            (response(&[(0xA1, MECHANISM), (0xA1, MECHANISM)]), "[1] after [1]"),
            (response(&[(0xA2, TOKEN), (0xA2, TOKEN)]), "[2] after [2]"),
            (response(&[(0xA2, TOKEN), (0xA0, STATE)]), "[0] after [2]"),
            (response(&[(0xA3, TOKEN), (0xA3, TOKEN)]), "[3] after [3]"),
            (init(&[(0xA0, LIST), (0xA0, LIST)]), "[0] after [0]"),
            (
                init(&[(0xA0, LIST), (0xA2, TOKEN), (0xA2, TOKEN)]),
                "[2] after [2]",
            ),
        ] {
            let error = NegotiationToken::decode(&octets).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
