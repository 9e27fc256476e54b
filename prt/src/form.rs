//! `application/x-www-form-urlencoded`, as HTML section 4.10.21.7 and all OAuth clients write it.

use std::fmt::Write as _;

/// A decoded form: names and values in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a form. Anything is a form: octets that are no UTF-8 become U+FFFD, a `%` without two digits stands for itself.
    pub fn parse(body: &[u8]) -> Self {
        let parts = body.split(|octet| *octet == b'&').filter(|part| !part.is_empty());
        let pair = |part: &[u8]| {
            let mut halves = part.splitn(2, |octet| *octet == b'=');
            (
                decode(halves.next().unwrap_or_default()),
                decode(halves.next().unwrap_or_default()),
            )
        };
        Self(parts.map(pair).collect())
    }

    /// The first value with this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// The form as a request body.
    pub fn encode(&self) -> String {
        let mut body = String::new();
        for (name, value) in &self.0 {
            if !body.is_empty() {
                body.push('&');
            }
            encode_into(&mut body, name);
            body.push('=');
            encode_into(&mut body, value);
        }
        body
    }
}

/// Decodes one name or value.
pub fn decode(text: &[u8]) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        octets.push(match first {
            b'+' => b' ',
            b'%' => match tail
                .split_first_chunk::<2>()
                .and_then(|(digits, after)| Some((hex_octet(*digits)?, after)))
            {
                Some((octet, after)) => {
                    rest = after;
                    octet
                }
                None => b'%',
            },
            other => *other,
        });
    }
    String::from_utf8(octets).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn hex_octet(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

fn encode_into(body: &mut String, text: &str) {
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                body.push(char::from(octet))
            }
            b' ' => body.push('+'),
            // writing to a String cannot fail
            _ => drop(write!(body, "%{octet:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_clients_send() {
        let form = Form::parse(
            b"grant_type=urn%3Aietf%3aparams&tgt=True&empty=&flag&a=b=c&tgt=second&p%C3%A9=a+b%2",
        );
        assert_eq!(form.value("grant_type"), Some("urn:ietf:params"));
        assert_eq!(form.value("tgt"), Some("True"));
        assert_eq!(
            (form.value("empty"), form.value("flag"), form.value("none")),
            (Some(""), Some(""), None)
        );
        assert_eq!(form.value("a"), Some("b=c"));
        assert_eq!(form.value("pé"), Some("a b%2"));
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(pairs in proptest::collection::vec((".*", ".*"), 0..5)) {
            let pairs: Vec<(String, String)> = pairs;
            let form = pairs.into_iter().fold(Form::new(), |form, (name, value)| form.with(&name, value));
            prop_assert_eq!(Form::parse(form.encode().as_bytes()), form);
        }

        #[test]
        fn no_octets_panic(body: Vec<u8>) {
            Form::parse(&body);
        }
    }
}
