//! Tokens that nobody reads: JWTs, JWEs, octets in hexadecimal or base64.

/// A token of more characters is cut.
const MOST: usize = 80;
const FIRST: usize = 24;
const LAST: usize = 12;

/// The line with each long token cut to its beginning and end, and how long it was.
pub(super) fn cut(line: &str) -> String {
    let mut text = String::with_capacity(line.len().min(256));
    let mut rest = line;
    while !rest.is_empty() {
        let token = rest.find(|c| !is_of_token(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(token);
        // of one octet each
        match (token.get(..FIRST), token.get(token.len().saturating_sub(LAST)..)) {
            (Some(first), Some(last)) if token.len() > MOST => {
                text.push_str(&format!("{first}…{last} ({} characters)", token.len()));
            }
            _ => text.push_str(token),
        }
        let other = after.find(is_of_token).unwrap_or(after.len());
        let (other, after) = after.split_at(other);
        text.push_str(other);
        rest = after;
    }
    text
}

/// The alphabets of base64, base64url and hexadecimal, and the dot between the parts of a JWT.
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_token_shows_its_ends_and_its_length() {
        let token = |length| {
            "0123456789abcdefghijklmnopqrstuv"
                .chars()
                .cycle()
                .take(length)
                .collect::<String>()
        };
        let line = format!("\"id\": \"{}\", next", token(80));
        assert_eq!(cut(&line), line);
        assert_eq!(
            cut(&format!("ü \"id\": \"{}\", next", token(81))),
            "ü \"id\": \"0123456789abcdefghijklmn…56789abcdefg (81 characters)\", next"
        );
    }

    proptest::proptest! {
        #[test]
        fn only_long_tokens_change(line in "(?s).{0,60}") {
            proptest::prop_assert_eq!(cut(&line), line);
        }
    }
}
