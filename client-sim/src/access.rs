//! The lab's stand-in for the part of SMB that follows Kerberos: one request on port 445 that carries the GSS-API token
//! of the session setup and the share of the tree connect, and one answer with a token and a status.
//!
//! ```text
//! request   token, then one octet `r` or `w`, then the name of the share in UTF-8; or a token alone
//! answer    token, then an NTSTATUS in four octets, little-endian; or a token alone, which is success
//! ```
//! A token ends where its own length says (RFC 2743 section 3.1). Kerberos comes as it is; NTLM, which takes two requests, inside of
//! SPNEGO (RFC 4178), and the share goes with the second one.

use kerberos::codes::NtStatus;

/// What a client wants to do with a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// Read.
    Read,
    /// Read and write.
    Write,
}

/// A request to a file server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRequest {
    /// A GSS-API token with an AP-REQ, or one of SPNEGO with a message of NTLM.
    pub token: Vec<u8>,
    /// The share, and what is wanted of it; `None` when only a session is wanted.
    pub share: Option<(String, Wanted)>,
}

/// The answer of a file server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessReply {
    /// A GSS-API token with an AP-REP or a KRB-ERROR, or one of SPNEGO with a challenge of NTLM.
    pub token: Vec<u8>,
    /// What became of it.
    pub status: NtStatus,
}

/// Octets that are no such request or answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message to or from a file server: expected {expected}")]
pub struct AccessError {
    /// What should have been there.
    pub expected: &'static str,
}

impl AccessRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// There is no whole token, or what follows it is no share.
    pub fn read(octets: &[u8]) -> Result<Self, AccessError> {
        let (token, rest) = split_token(octets)?;
        let share = match rest {
            [] => None,
            [b'r', name @ ..] => Some((text(name)?, Wanted::Read)),
            [b'w', name @ ..] => Some((text(name)?, Wanted::Write)),
            _ => {
                return Err(AccessError {
                    expected: "r or w after the token",
                });
            }
        };
        Ok(Self {
            token: token.to_vec(),
            share,
        })
    }

    /// The octets of the request.
    pub fn write(&self) -> Vec<u8> {
        let mut octets = self.token.clone();
        if let Some((name, wanted)) = &self.share {
            octets.push(match wanted {
                Wanted::Read => b'r',
                Wanted::Write => b'w',
            });
            octets.extend_from_slice(name.as_bytes());
        }
        octets
    }
}

impl AccessReply {
    /// Reads an answer.
    ///
    /// # Errors
    /// There is no whole token, or what follows it is no status.
    pub fn read(octets: &[u8]) -> Result<Self, AccessError> {
        let (token, rest) = split_token(octets)?;
        let status = match *rest {
            [] => NtStatus::SUCCESS,
            [a, b, c, d] => NtStatus(u32::from_le_bytes([a, b, c, d])),
            _ => {
                return Err(AccessError {
                    expected: "four octets of status after the token",
                });
            }
        };
        Ok(Self {
            token: token.to_vec(),
            status,
        })
    }

    /// The octets of the answer.
    pub fn write(&self) -> Vec<u8> {
        let mut octets = self.token.clone();
        octets.extend_from_slice(&self.status.number().to_le_bytes());
        octets
    }
}

fn text(octets: &[u8]) -> Result<String, AccessError> {
    let text = std::str::from_utf8(octets).map_err(|_| AccessError {
        expected: "the name of a share in UTF-8",
    })?;
    Ok(text.to_owned())
}

/// The token at the beginning, and what follows it.
fn split_token(octets: &[u8]) -> Result<(&[u8], &[u8]), AccessError> {
    let fault = AccessError {
        expected: "a whole GSS-API token",
    };
    let [0x60 | 0xA1, first, rest @ ..] = octets else {
        return Err(fault);
    };
    let (length, header) = match *first {
        0..=0x7F => (usize::from(*first), 2),
        0x81..=0x84 => {
            let count = usize::from(*first & 0x7F);
            let octets = rest.get(..count).ok_or_else(|| fault.clone())?;
            let length = octets
                .iter()
                .fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
            (length, 2 + count)
        }
        _ => return Err(fault),
    };
    octets.split_at_checked(header + length).ok_or(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kerberos::wire::{GssToken, TokenId};

    #[test]
    fn both_messages_are_read_as_they_were_written() {
        for length in [0, 100, 200, 70_000] {
            let token = GssToken::new(TokenId::ApReq, vec![5; length]).encode();
            for share in [None, Some(("Projekte-ä".to_owned(), Wanted::Write))] {
                let request = AccessRequest {
                    token: token.clone(),
                    share,
                };
                assert_eq!(AccessRequest::read(&request.write()).unwrap(), request);
            }
            let reply = AccessReply {
                token,
                status: NtStatus::ACCESS_DENIED,
            };
            assert_eq!(AccessReply::read(&reply.write()).unwrap(), reply);
        }
    }

    #[test]
    fn a_token_alone_means_success_and_half_a_token_is_refused() {
        let token = GssToken::new(TokenId::ApRep, vec![5; 300]).encode();
        assert_eq!(AccessReply::read(&token).unwrap().status, NtStatus::SUCCESS);
        AccessReply::read(token.get(..299).unwrap()).unwrap_err();
    }
}
