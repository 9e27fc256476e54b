//! The fields of an HTTP message: the lines of its head, and its body as what its type says.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decode::{Keyring, printable, tree};

/// The lines of a message. What is no text is shown as the Kerberos message that it is, or by its first octets.
pub(super) fn lines(octets: &[u8], keys: &mut Keyring) -> Vec<String> {
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let end = octets
        .windows(END_OF_HEAD.len())
        .position(|window| window == END_OF_HEAD);
    let (head, body) = match end {
        Some(end) => (&octets[..end], &octets[end + END_OF_HEAD.len()..]),
        None => (octets, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines: Vec<String> = head.lines().map(printable).collect();
    if !body.is_empty() {
        lines.push(String::new());
        lines.extend(body_lines(&content_type(&head), body, keys));
    }
    lines
}

/// The type of the body in lower case, without its parameters; empty where none is named.
fn content_type(head: &str) -> String {
    let header = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-type").then_some(value)
    });
    let value = header.unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default();
    kind.trim().to_lowercase()
}

fn body_lines(content_type: &str, body: &[u8], keys: &mut Keyring) -> Vec<String> {
    match content_type {
        "application/x-www-form-urlencoded" => form_urlencoded::parse(body)
            .map(|(name, value)| printable(&format!("{name}={value}")))
            .collect(),
        "application/json" => json(body).unwrap_or_else(|| text(body)),
        "application/kerberos" => match tree(body, keys) {
            Ok(tree) => tree.to_string().lines().map(str::to_owned).collect(),
            Err(_) => vec![binary(body)],
        },
        _ => text(body),
    }
}

/// An object with its members in the order of the message.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Json {
    Object(IndexMap<String, Self>),
    Other(Value),
}

impl Json {
    /// With the objects that Entra writes into strings taken out of them.
    fn unfolded(self) -> Self {
        let Self::Object(members) = self else {
            return self;
        };
        let member = |(name, value): (String, Self)| match within_string(&value) {
            Some(object) => (format!("{name}, an object in a string"), object.unfolded()),
            None => (name, value.unfolded()),
        };
        Self::Object(members.into_iter().map(member).collect())
    }
}

fn within_string(value: &Json) -> Option<Json> {
    let Json::Other(Value::String(text)) = value else {
        return None;
    };
    let inner = serde_json::from_str(text).ok()?;
    matches!(inner, Json::Object(_)).then_some(inner)
}

/// A line for each member.
fn json(body: &[u8]) -> Option<Vec<String>> {
    let body: Json = serde_json::from_slice(body).ok()?;
    let text = serde_json::to_string_pretty(&body.unfolded()).ok()?;
    Some(text.lines().map(printable).collect())
}

fn text(body: &[u8]) -> Vec<String> {
    match str::from_utf8(body) {
        Ok(text) => text.lines().map(printable).collect(),
        Err(_) => vec![binary(body)],
    }
}

fn binary(body: &[u8]) -> String {
    const SHOWN: usize = 16;
    let first = hex::encode(body.get(..SHOWN).unwrap_or(body));
    let rest = if body.len() > SHOWN { "…" } else { "" };
    format!("{} octets: {first}{rest}", body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn body(content_type: &str, body: &[u8]) -> Vec<String> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n");
        let message = [head.as_bytes(), body].concat();
        let mut lines = lines(&message, &mut Keyring::new(false));
        assert_eq!(lines[0], "HTTP/1.1 200 OK");
        assert_eq!(lines[2], "");
        lines.split_off(3)
    }

    #[test]
    fn a_form_and_an_object_have_a_line_for_each_member() {
        assert_eq!(
            body("application/x-www-form-urlencoded", b"grant_type=a%3Ab&tgt=true"),
            ["grant_type=a:b", "tgt=true"]
        );
        assert_eq!(
            body("application/json; charset=utf-8", br#"{"b":1,"a":"x"}"#),
            ["{", "  \"b\": 1,", "  \"a\": \"x\"", "}"]
        );
        assert_eq!(
            body("application/json", br#"{"tgt_ad":"{\"keyType\":18}"}"#),
            [
                "{",
                "  \"tgt_ad, an object in a string\": {",
                "    \"keyType\": 18",
                "  }",
                "}"
            ]
        );
        assert_eq!(body("application/json", b"{broken"), ["{broken"]);
    }

    #[test]
    fn octets_that_are_no_text_never_reach_the_terminal() {
        assert_eq!(body("text/html", b"<p>\x1b[31m"), ["<p>\u{fffd}[31m"]);
        assert_eq!(body("application/kerberos", &[0xff; 3]), ["3 octets: ffffff"]);
        assert_eq!(
            body("image/png", &[0xff; 17]),
            ["17 octets: ffffffffffffffffffffffffffffffff…"]
        );
    }
}
