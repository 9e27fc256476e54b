//! Messages in a stream: four octets of length, big-endian, then the message (RFC 4120 section 7.2.2).

/// Puts messages together from the octets of a stream.
#[derive(Clone, Debug)]
pub struct StreamDecoder {
    buffer: Vec<u8>,
    limit: usize,
}

impl StreamDecoder {
    /// The largest message that is read by default, in octets: far more than any request has.
    pub const DEFAULT_LIMIT: usize = 128 * 1024;

    /// A decoder that refuses messages of more than `limit` octets.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            limit,
        }
    }

    /// Takes in what was read from the stream.
    pub fn push(&mut self, octets: &[u8]) {
        self.buffer.extend_from_slice(octets);
    }

    /// The next whole message; `None` when more octets are needed.
    ///
    /// # Errors
    ///
    /// [`FrameError`]: the stream cannot be followed any further.
    pub fn next_message(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let Some((prefix, rest)) = self.buffer.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*prefix);
        if length & RESERVED != 0 {
            return Err(FrameError::Reserved { length });
        }
        let length = length as usize;
        if length > self.limit {
            return Err(FrameError::TooLong {
                length,
                limit: self.limit,
            });
        }
        let Some(message) = rest.get(..length).map(<[u8]>::to_vec) else {
            return Ok(None);
        };
        self.buffer.drain(..4 + length);
        Ok(Some(message))
    }

    /// Octets that wait for the rest of their message.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }
}

impl Default for StreamDecoder {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

/// A message with its length before it; `None` when it is too long for that.
#[must_use]
pub fn frame(message: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(message.len())
        .ok()
        .filter(|length| length & RESERVED == 0)?;
    let mut framed = Vec::with_capacity(4 + message.len());
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    Some(framed)
}

/// Why a stream cannot be followed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The high bit of the length is reserved (RFC 5021).
    #[error("length of a message: expected the high bit clear, came {length:#010x}")]
    Reserved {
        /// What came.
        length: u32,
    },
    /// Longer than allowed.
    #[error("length of a message: expected at most {limit} octets, came {length}")]
    TooLong {
        /// What came.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
}

const RESERVED: u32 = 0x8000_0000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_whole_however_the_stream_is_cut() {
        let stream = [
            frame(b"first").unwrap(),
            frame(b"").unwrap(),
            frame(b"third").unwrap(),
        ]
        .concat();
        for cut in 1..=stream.len() {
            let mut decoder = StreamDecoder::default();
            let mut messages = Vec::new();
            for piece in stream.chunks(cut) {
                decoder.push(piece);
                while let Some(message) = decoder.next_message().unwrap() {
                    messages.push(message);
                }
            }
            assert_eq!(messages, [&b"first"[..], b"", b"third"]);
            assert_eq!(decoder.pending(), 0);
        }
    }

    #[test]
    fn the_limit_and_the_high_bit() {
        let mut decoder = StreamDecoder::new(5);
        decoder.push(&[0, 0, 0, 5]);
        assert_eq!(decoder.next_message(), Ok(None));
        let mut decoder = StreamDecoder::new(5);
        decoder.push(&[0, 0, 0, 6]);
        assert_eq!(
            decoder.next_message(),
            Err(FrameError::TooLong { length: 6, limit: 5 })
        );
        let mut decoder = StreamDecoder::default();
        decoder.push(&[0x80, 0, 0, 5]);
        assert_eq!(
            decoder.next_message(),
            Err(FrameError::Reserved { length: 0x8000_0005 })
        );
    }
}
