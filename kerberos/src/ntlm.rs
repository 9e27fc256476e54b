//! NTLM (MS-NLMP), as far as it decides who gets in: the three messages, and the proof of NTLM version 2.
//!
//! There are no session keys, no signatures and no older versions.

use rand::CryptoRng;

use crate::Timestamp;
use crate::crypto::{Key, ntlm_mac};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, TARGET_INFO, 128, 56 (MS-NLMP section 2.2.2.5).
const FLAGS: u32 = 0xA088_8205;
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
#[error("NTLM: expected {expected}")]
pub struct NtlmError {
    /// What should have been there.
    pub expected: &'static str,
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
        let fault = |expected| NtlmError { expected };
        if !Self::is_begun_by(octets) {
            return Err(fault("NTLMSSP and a zero at the beginning"));
        }
        match number(octets, 8).ok_or_else(|| fault("a message type"))? {
            1 => Ok(Self::Negotiate),
            2 => {
                let challenge = octets.get(24..32).and_then(|octets| octets.try_into().ok());
                Ok(Self::Challenge(Challenge {
                    target: text(octets, 12)?,
                    server_challenge: challenge.ok_or_else(|| fault("a challenge of 8 octets"))?,
                    target_info: field(octets, 40)?.to_vec(),
                }))
            }
            3 => Ok(Self::Authenticate(Authenticate {
                nt_response: field(octets, 20)?.to_vec(),
                domain: text(octets, 28)?,
                user: text(octets, 36)?,
                workstation: text(octets, 44)?,
            })),
            _ => Err(fault("message type 1, 2 or 3")),
        }
    }

    /// The octets of the message.
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
                message.head.extend(FLAGS.to_le_bytes());
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
            target_info.extend(id.to_le_bytes());
            target_info.extend(u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
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
        let proof = proof(nt_hash, domain, user, &challenge.server_challenge, &covered);
        Self {
            domain: domain.to_owned(),
            user: user.to_owned(),
            workstation: workstation.to_owned(),
            nt_response: [&proof, covered.as_slice()].concat(),
        }
    }

    /// Whether whoever made this knew the NT hash, and saw the challenge.
    #[must_use]
    pub fn is_proved_with(&self, nt_hash: &Key, server_challenge: &[u8; 8]) -> bool {
        let Some((claimed, covered)) = self.nt_response.split_first_chunk::<16>() else {
            return false;
        };
        let wanted = proof(nt_hash, &self.domain, &self.user, server_challenge, covered);
        // of equal time, whatever differs
        let different = claimed.iter().zip(wanted).fold(0, |all, (a, b)| all | (a ^ b));
        different == 0
    }
}

/// NTProofStr.
fn proof(nt_hash: &Key, domain: &str, user: &str, server_challenge: &[u8; 8], covered: &[u8]) -> [u8; 16] {
    let identity = utf16(&format!("{}{domain}", user.to_uppercase()));
    let key = ntlm_mac(nt_hash.expose(), &[&identity]);
    ntlm_mac(&key, &[server_challenge, covered])
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
        let length = u16::try_from(octets.len()).unwrap_or(0).to_le_bytes();
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

fn number(octets: &[u8], at: usize) -> Option<u32> {
    let octets = octets.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*octets))
}

/// What a field of 8 octets points to: length, room, offset.
fn field(octets: &[u8], at: usize) -> Result<&[u8], NtlmError> {
    let found = (|| {
        let length = octets.get(at..)?.first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        let offset = usize::try_from(number(octets, at + 4)?).ok()?;
        octets.get(offset..offset.checked_add(length)?)
    })();
    found.ok_or(NtlmError {
        expected: "a field within the message",
    })
}

fn text(octets: &[u8], at: usize) -> Result<String, NtlmError> {
    let octets = field(octets, at)?;
    let units = octets.chunks_exact(2).map(|pair| {
        let pair = [
            pair.first().copied().unwrap_or(0),
            pair.get(1).copied().unwrap_or(0),
        ];
        u16::from_le_bytes(pair)
    });
    char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map_err(|_| NtlmError {
            expected: "a name in UTF-16",
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
        let proof = proof(
            &nt_hash("Password"),
            "Domain",
            "User",
            &SERVER_CHALLENGE,
            &covered,
        );
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
        assert!(proof.is_proved_with(&hash, &challenge.server_challenge));
        assert!(!proof.is_proved_with(&nt_hash("password"), &challenge.server_challenge));
        assert!(!proof.is_proved_with(&hash, &SERVER_CHALLENGE));
        let other = Authenticate {
            user: "dom@fernhill.example".into(),
            ..proof
        };
        assert!(!other.is_proved_with(&hash, &challenge.server_challenge));
    }
}
