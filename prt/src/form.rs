//! `application/x-www-form-urlencoded`, as HTML section 4.10.21.7 and all OAuth clients write it.

use std::borrow::Cow;

/// A decoded form: names and values in the order in which they came, borrowed where nothing had to be decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a form. Anything is a form: octets that are no UTF-8 become U+FFFD, a `%` without two digits stands for itself.
    pub fn parse(body: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(body).collect())
    }

    /// The first value with this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_ref())
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Into<Cow<'a, str>>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The form as a request body.
    pub fn encode(&self) -> String {
        let length: usize = self
            .0
            .iter()
            .map(|(name, value)| name.len() + value.len() + 2)
            .sum();
        // what must be written as %XX is rare, and seldom more than a quarter
        let mut body = form_urlencoded::Serializer::new(String::with_capacity(length + length / 4));
        body.extend_pairs(&self.0).finish()
    }
}

/// Decodes a segment of a path (RFC 3986 section 2.1), where `+` stands for itself.
pub fn decode_segment(segment: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy()
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

    #[test]
    fn a_plus_in_a_path_is_a_plus() {
        assert_eq!(
            decode_segment("ada+test%40fernhill.example"),
            "ada+test@fernhill.example"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(pairs in proptest::collection::vec((".*", ".*"), 0..5)) {
            let pairs: Vec<(String, String)> = pairs;
            let form = pairs.iter().fold(Form::new(), |form, (name, value)| form.with(name, value));
            let written = form.encode();
            prop_assert_eq!(Form::parse(written.as_bytes()), form);
        }

        #[test]
        fn no_octets_panic(body: Vec<u8>) {
            Form::parse(&body);
        }
    }
}
