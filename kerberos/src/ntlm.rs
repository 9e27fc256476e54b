//! NTLM (MS-NLMP), as far as it decides who gets in: the three messages, and the proof of NTLM version 2.
//!
//! There are no session keys, no signatures and no older versions.

use rand::CryptoRng;
use subtle::ConstantTimeEq as _;

use crate::Timestamp;
use crate::crypto::{Key, ntlm_mac};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, TARGET_INFO, 128, 56 (MS-NLMP section 2.2.2.5).
const FLAGS: u32 = 0xA088_8205;
/// TARGET_TYPE_DOMAIN: the target of a challenge is a domain, not the server itself (MS-NLMP section 2.2.2.5).
const TARGET_TYPE_DOMAIN: u32 = 0x0001_0000;
/// MsvAvNbComputerName, MsvAvNbDomainName and the end of a list (MS-NLMP section 2.2.2.1).
const AV_COMPUTER: u16 = 1;
const AV_DOMAIN: u16 = 2;
const AV_END: u16 = 0;

/// A message of the exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NtlmMessage {
    /// NEGOTIATE_MESSAGE: the client would like to.
    Negotiate,
    /// CHALLENGE_MESSAGE.
    Challenge(Challenge),
    /// AUTHENTICATE_MESSAGE.
    Authenticate(Authenticate),
}

/// What the server wants to see worked into the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// NetBIOS name of the server's domain.
    pub target: String,
    /// Random octets.
    pub server_challenge: [u8; 8],
    /// The AV_PAIR list, which the client repeats in its proof.
    pub target_info: Vec<u8>,
}

/// Who the client says it is, with the proof.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// The domain, empty where the user name is a UPN.
    pub domain: String,
    /// The user.
    pub user: String,
    /// The client machine.
    pub workstation: String,
    /// The NTLMv2_RESPONSE: NTProofStr and what it covers.
    pub nt_response: Vec<u8>,
}

/// Octets that are no message of NTLM.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NtlmError {
    /// Another beginning.
    #[error("NTLM: expected NTLMSSP and a zero at the beginning, came {came:02x?}")]
    Signature {
        /// The first octets, 8 at most.
        came: Vec<u8>,
    },
    /// The message ends before its type, or within its challenge.
    #[error("NTLM: expected {expected} before octet {end}, the message has {came}")]
    Short {
        /// What should have been there.
        expected: &'static str,
        /// Where it would end.
        end: usize,
        /// Octets of the message.
        came: usize,
    },
    /// No message has this number.
    #[error("NTLM: expected message type 1, 2 or 3, came {came}")]
    MessageType {
        /// The number.
        came: u32,
    },
    /// A field points outside of the message.
    #[error("NTLM: expected {name} within {of} octets, came {length} octets at {offset}")]
    Field {
        /// The field.
        name: &'static str,
        /// Its length in octets.
        length: usize,
        /// Where it begins.
        offset: u32,
        /// Octets of the message.
        of: usize,
    },
    /// A name is not UTF-16.
    #[error("NTLM: expected {name} in UTF-16, came an unpaired 0x{came:04x}")]
    Text {
        /// The field.
        name: &'static str,
        /// The unit that has no partner.
        came: u16,
    },
}

impl std::fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticate")
            .field("domain", &self.domain)
            .field("user", &self.user)
            .field("workstation", &self.workstation)
            .finish_non_exhaustive()
    }
}

impl NtlmMessage {
    /// Whether octets begin as NTLM does: `TlRMTVNTUAAB…` in base64.
    #[must_use]
    pub fn is_begun_by(octets: &[u8]) -> bool {
        octets.starts_with(SIGNATURE)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// The octets are none, or a field points outside of them.
    pub fn decode(octets: &[u8]) -> Result<Self, NtlmError> {
        if !Self::is_begun_by(octets) {
            let came = octets.iter().take(SIGNATURE.len()).copied().collect();
            return Err(NtlmError::Signature { came });
        }
        match number(octets, 8, "a message type")? {
            1 => Ok(Self::Negotiate),
            2 => Ok(Self::Challenge(Challenge {
                target: text(octets, 12, "the target")?,
                server_challenge: *chunk(octets, 24, "a challenge")?,
                target_info: field(octets, 40, "the target information")?.to_vec(),
            })),
            3 => Ok(Self::Authenticate(Authenticate {
                nt_response: field(octets, 20, "the NT response")?.to_vec(),
                domain: text(octets, 28, "the domain")?,
                user: text(octets, 36, "the user")?,
                workstation: text(octets, 44, "the workstation")?,
            })),
            came => Err(NtlmError::MessageType { came }),
        }
    }

    /// The octets of the message. A value of more octets than 16 bits can say (65,535) is left out.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Negotiate => {
                let mut head = head(1);
                head.extend(FLAGS.to_le_bytes());
                head.extend([0; 16]);
                head
            }
            Self::Challenge(challenge) => {
                let target = utf16(&challenge.target);
                let mut message = Layout::new(head(2), 48);
                message.field(&target);
                let kind = if target.is_empty() { 0 } else { TARGET_TYPE_DOMAIN };
                message.head.extend((FLAGS | kind).to_le_bytes());
                message.head.extend(challenge.server_challenge);
                message.head.extend([0; 8]);
                message.field(&challenge.target_info);
                message.finish()
            }
            Self::Authenticate(proof) => {
                let mut message = Layout::new(head(3), 64);
                // the LM response is zeros where the server sent target information (section 3.1.5.1.2)
                message.field(&[0; 24]);
                message.field(&proof.nt_response);
                message.field(&utf16(&proof.domain));
                message.field(&utf16(&proof.user));
                message.field(&utf16(&proof.workstation));
                message.field(&[]);
                message.head.extend(FLAGS.to_le_bytes());
                message.finish()
            }
        }
    }
}

impl Challenge {
    /// A challenge of a server.
    pub fn new(domain: &str, server: &str, rng: &mut dyn CryptoRng) -> Self {
        let mut server_challenge = [0; 8];
        rng.fill_bytes(&mut server_challenge);
        let mut target_info = Vec::new();
        for (id, value) in [
            (AV_DOMAIN, utf16(domain)),
            (AV_COMPUTER, utf16(server)),
            (AV_END, Vec::new()),
        ] {
            let (length, value) = measured(&value);
            target_info.extend(id.to_le_bytes());
            target_info.extend(length.to_le_bytes());
            target_info.extend(value);
        }
        Self {
            target: domain.to_owned(),
            server_challenge,
            target_info,
        }
    }
}

impl Authenticate {
    /// The answer to a challenge, with the NT hash of the user's password (MS-NLMP section 3.3.2).
    pub fn new(
        nt_hash: &Key,
        (domain, user, workstation): (&str, &str, &str),
        challenge: &Challenge,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let mut client_challenge = [0; 8];
        rng.fill_bytes(&mut client_challenge);
        let covered = covered(file_time(now), client_challenge, &challenge.target_info);
        let key = identity_key(nt_hash, domain, user);
        let proof = proof(&key, &challenge.server_challenge, &covered);
        Self {
            domain: domain.to_owned(),
            user: user.to_owned(),
            workstation: workstation.to_owned(),
            nt_response: [&proof, covered.as_slice()].concat(),
        }
    }

    /// Which of some challenges this answers, if whoever made it knew the NT hash.
    #[must_use]
    pub fn answered(&self, nt_hash: &Key, server_challenges: &[[u8; 8]]) -> Option<usize> {
        let (claimed, covered) = self.nt_response.split_first_chunk::<16>()?;
        let key = identity_key(nt_hash, &self.domain, &self.user);
        server_challenges.iter().position(|challenge| {
            let wanted = proof(&key, challenge, covered);
            claimed.ct_eq(&wanted).into()
        })
    }
}

/// NTOWFv2: the key of a user, who has the same one for every challenge.
fn identity_key(nt_hash: &Key, domain: &str, user: &str) -> [u8; 16] {
    let identity = utf16(&format!("{}{domain}", user.to_uppercase()));
    ntlm_mac(nt_hash.expose(), &[&identity])
}

/// NTProofStr.
fn proof(identity_key: &[u8; 16], server_challenge: &[u8; 8], covered: &[u8]) -> [u8; 16] {
    ntlm_mac(identity_key, &[server_challenge, covered])
}

/// NTLMv2_CLIENT_CHALLENGE (MS-NLMP section 2.2.2.7), and the four zeros that follow it.
fn covered(time: u64, client_challenge: [u8; 8], target_info: &[u8]) -> Vec<u8> {
    let mut octets = vec![1, 1, 0, 0, 0, 0, 0, 0];
    octets.extend(time.to_le_bytes());
    octets.extend(client_challenge);
    octets.extend([0; 4]);
    octets.extend(target_info);
    octets.extend([0; 4]);
    octets
}

fn file_time(now: Timestamp) -> u64 {
    /// From 1601 to 1970, in units of 100 nanoseconds.
    const EPOCH: i64 = 116_444_736_000_000_000;
    let time = now.0.saturating_mul(10).saturating_add(EPOCH);
    u64::try_from(time).unwrap_or(0)
}

fn head(kind: u32) -> Vec<u8> {
    let mut head = SIGNATURE.to_vec();
    head.extend(kind.to_le_bytes());
    head
}

/// A message under construction: a head of known length with fields that point behind it.
struct Layout {
    head: Vec<u8>,
    payload: Vec<u8>,
    head_length: usize,
}

impl Layout {
    const fn new(head: Vec<u8>, head_length: usize) -> Self {
        Self {
            head,
            payload: Vec::new(),
            head_length,
        }
    }

    fn field(&mut self, octets: &[u8]) {
        let (length, octets) = measured(octets);
        let length = length.to_le_bytes();
        let offset = self.head_length + self.payload.len();
        self.head.extend(length);
        self.head.extend(length);
        self.head.extend(u32::try_from(offset).unwrap_or(0).to_le_bytes());
        self.payload.extend(octets);
    }

    fn finish(self) -> Vec<u8> {
        [self.head, self.payload].concat()
    }
}

/// Octets with their length; none where 16 bits cannot say it, so that length and octets always fit.
fn measured(octets: &[u8]) -> (u16, &[u8]) {
    u16::try_from(octets.len()).map_or((0, &[]), |length| (length, octets))
}

fn number(octets: &[u8], at: usize, expected: &'static str) -> Result<u32, NtlmError> {
    chunk(octets, at, expected).map(|octets| u32::from_le_bytes(*octets))
}

fn chunk<'a, const N: usize>(
    octets: &'a [u8],
    at: usize,
    expected: &'static str,
) -> Result<&'a [u8; N], NtlmError> {
    let found = octets.get(at..).and_then(|octets| octets.first_chunk());
    found.ok_or(NtlmError::Short {
        expected,
        end: at + N,
        came: octets.len(),
    })
}

/// What a field of 8 octets points to: length, room, offset.
fn field<'a>(octets: &'a [u8], at: usize, name: &'static str) -> Result<&'a [u8], NtlmError> {
    let length = usize::from(u16::from_le_bytes(*chunk(octets, at, name)?));
    let offset = number(octets, at + 4, name)?;
    let found = usize::try_from(offset)
        .ok()
        .and_then(|begin| octets.get(begin..begin.checked_add(length)?));
    found.ok_or(NtlmError::Field {
        name,
        length,
        offset,
        of: octets.len(),
    })
}

fn text(octets: &[u8], at: usize, name: &'static str) -> Result<String, NtlmError> {
    let (units, _) = field(octets, at, name)?.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .collect::<Result<String, _>>()
        .map_err(|error| NtlmError::Text {
            name,
            came: error.unpaired_surrogate(),
        })
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::nt_hash;

    const SERVER_CHALLENGE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];

    fn target_info() -> Vec<u8> {
        let pair = |id: u8, text: &str| [&[id, 0, 12, 0], utf16(text).as_slice()].concat();
        [pair(2, "Domain"), pair(1, "Server"), vec![0; 4]].concat()
    }

    /// MS-NLMP section 4.2.4: NTLMv2 of User, Domain and Password.
    #[test]
    fn the_proof_is_that_of_the_specification() {
        let covered = covered(0, [0xAA; 8], &target_info());
        let key = identity_key(&nt_hash("Password"), "Domain", "User");
        let proof = proof(&key, &SERVER_CHALLENGE, &covered);
        assert_eq!(hex::encode(proof), "68cd0ab851e51c96aabc927bebef6a1c");
    }

    #[test]
    fn messages_are_read_as_they_were_written_and_cut_ones_are_refused() {
        let challenge = Challenge {
            target: "FERNHILL".into(),
            server_challenge: SERVER_CHALLENGE,
            target_info: target_info(),
        };
        let proof = Authenticate {
            domain: String::new(),
            user: "ada@fernhill.example".into(),
            workstation: "ADA-LT".into(),
            nt_response: vec![7; 80],
        };
        let cases = [
            (NtlmMessage::Negotiate, 12),
            (NtlmMessage::Challenge(challenge), 90),
            (NtlmMessage::Authenticate(proof), 100),
        ];
        for (message, least) in cases {
            let octets = message.encode();
            assert_eq!(NtlmMessage::decode(&octets).unwrap(), message);
            for cut in 0..octets.len().min(least) {
                NtlmMessage::decode(octets.get(..cut).unwrap()).unwrap_err();
            }
        }
        NtlmMessage::decode(b"NTLMSSP\0\x04\0\0\0").unwrap_err();
    }

    #[test]
    fn only_the_hash_and_the_challenge_of_the_time_prove_anything() {
        let mut rng = rand_chacha::ChaCha12Rng::from_seed([7; 32]);
        use rand::SeedableRng as _;
        let hash = nt_hash("Password");
        let challenge = Challenge::new("FERNHILL", "APP01", &mut rng);
        let names = ("", "ada@fernhill.example", "ADA-LT");
        let proof = Authenticate::new(&hash, names, &challenge, Timestamp(0), &mut rng);
        let open = [SERVER_CHALLENGE, challenge.server_challenge];
        assert_eq!(proof.answered(&hash, &open), Some(1));
        assert_eq!(proof.answered(&nt_hash("password"), &open), None);
        assert_eq!(proof.answered(&hash, &[SERVER_CHALLENGE]), None);
        let other = Authenticate {
            user: "dom@fernhill.example".into(),
            ..proof
        };
        assert_eq!(other.answered(&hash, &open), None);
    }

    fn challenge(target: &str) -> Challenge {
        Challenge {
            target: target.to_owned(),
            server_challenge: SERVER_CHALLENGE,
            target_info: target_info(),
        }
    }

    /// MS-NLMP section 2.2.2.5, bit P.
    #[test]
    fn only_a_challenge_that_names_a_domain_says_that_it_does() {
        for (domain, expected) in [("FERNHILL", 0xA089_8205), ("", FLAGS)] {
            let octets = NtlmMessage::Challenge(challenge(domain)).encode();
            assert_eq!(number(&octets, 20, "flags"), Ok(expected));
        }
    }

    #[test]
    fn what_16_bits_cannot_measure_is_left_out_and_the_rest_stays_in_place() {
        for (letters, kept) in [(0x7FFF, true), (0x8000, false)] {
            let name = "X".repeat(letters);
            let octets = NtlmMessage::Challenge(challenge(&name)).encode();
            let target = if kept { name.as_str() } else { "" };
            let read = NtlmMessage::decode(&octets).unwrap();
            assert_eq!(read, NtlmMessage::Challenge(challenge(target)));
            let left = 48 + target_info().len() + 2 * target.len();
            assert_eq!(octets.len(), left);

            let mut rng = rand_chacha::ChaCha12Rng::from_seed([7; 32]);
            use rand::SeedableRng as _;
            let info = Challenge::new(&name, "", &mut rng).target_info;
            assert_eq!(info.len(), 12 + 2 * target.len());
        }
    }

    #[test]
    fn an_error_says_what_came() {
        let unpaired = {
            let mut octets = NtlmMessage::Challenge(challenge("F")).encode();
            octets.splice(48..50, [0x00, 0xD8]);
            octets
        };
        let outside = [b"NTLMSSP\0\x02\0\0\0\x09\0\x09\0", [40, 0, 0, 0].as_slice()].concat();
        for (octets, expected) in [
            (
                &b"HTTP"[..],
                "NTLM: expected NTLMSSP and a zero at the beginning, came [48, 54, 54, 50]",
            ),
            (
                b"NTLMSSP\0\x01\0",
                "NTLM: expected a message type before octet 12, the message has 10",
            ),
            (
                b"NTLMSSP\0\x04\0\0\0",
                "NTLM: expected message type 1, 2 or 3, came 4",
            ),
            (
                &outside,
                "NTLM: expected the target within 20 octets, came 9 octets at 40",
            ),
            (
                &unpaired,
                "NTLM: expected the target in UTF-16, came an unpaired 0xd800",
            ),
        ] {
            assert_eq!(NtlmMessage::decode(octets).unwrap_err().to_string(), expected);
        }
    }
}
