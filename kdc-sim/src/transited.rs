//! The realms a client came through, as a ticket names them: domain-X500-compress (RFC 4120 section 3.3.3.2).

use kerberos::wire::{Realm, TransitedEncoding};

/// The number of the encoding.
const DOMAIN_X500_COMPRESS: i32 = 1;

/// Names realms in full: the compression of the encoding is optional.
pub(crate) fn encode(realms: &[String]) -> TransitedEncoding {
    TransitedEncoding {
        r#type: DOMAIN_X500_COMPRESS,
        contents: realms.join(",").into_bytes().into(),
    }
}

/// The realms that an encoding names, in order. `None` where it is not one, or leaves out realms between names that no
/// hierarchy of DNS leads through.
pub(crate) fn decode(encoding: &TransitedEncoding, client: &Realm, issuer: &Realm) -> Option<Vec<String>> {
    if encoding.contents.is_empty() {
        return Some(Vec::new());
    }
    if encoding.r#type != DOMAIN_X500_COMPRESS {
        return None;
    }
    let text = core::str::from_utf8(&encoding.contents).ok()?;
    let mut realms: Vec<String> = Vec::new();
    let mut gap = false;
    for part in text.split(',') {
        let previous = realms.last().map(String::as_str);
        let name = match part {
            "" => {
                // every realm of the hierarchy between its neighbours
                gap = true;
                continue;
            }
            part if part.ends_with('.') => format!("{part}{}", previous.unwrap_or_default()),
            part => part.trim_start().to_owned(),
        };
        if gap {
            let from = previous.or_else(|| client.as_str())?.to_owned();
            realms.extend(between(&from, &name));
            gap = false;
        }
        realms.push(name);
    }
    if gap {
        let from = realms
            .last()
            .map(String::as_str)
            .or_else(|| client.as_str())?
            .to_owned();
        realms.extend(between(&from, issuer.as_str()?));
    }
    Some(realms)
}

/// The realms between two of a hierarchy: up from the one to what both are below, and down to the other.
fn between(from: &str, to: &str) -> Vec<String> {
    let up = ancestors(from);
    let down = ancestors(to);
    let common = up.iter().find(|realm| down.contains(realm) || **realm == to);
    let below = |realm: &&&str| common.is_none_or(|common| **realm != *common);
    let mut realms: Vec<String> = up
        .iter()
        .take_while(below)
        .map(|realm| (*realm).to_owned())
        .collect();
    realms.extend(
        common
            .filter(|realm| **realm != to && **realm != from)
            .map(|realm| (*realm).to_owned()),
    );
    let mut down: Vec<String> = down
        .iter()
        .take_while(below)
        .map(|realm| (*realm).to_owned())
        .collect();
    down.reverse();
    realms.extend(down);
    realms
}

/// `B.C`, `C` for `A.B.C`.
fn ancestors(realm: &str) -> Vec<&str> {
    realm
        .match_indices('.')
        .filter_map(|(at, _)| realm.get(at + 1..))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<String>> {
        let encoding = TransitedEncoding {
            r#type: 1,
            contents: text.as_bytes().to_vec().into(),
        };
        decode(&encoding, &Realm::from("A.B.EXAMPLE"), &Realm::from("Z.EXAMPLE"))
    }

    /// The first is the example of RFC 4120 section 3.3.3.2.
    #[test]
    fn compressed_names_are_read() {
        for (text, expected) in [
            (
                "EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.",
                "EDU MIT.EDU ATHENA.MIT.EDU WASHINGTON.EDU CS.WASHINGTON.EDU",
            ),
            ("", ""),
            ("B.EXAMPLE", "B.EXAMPLE"),
            (",EXAMPLE", "B.EXAMPLE EXAMPLE"),
            ("B.EXAMPLE,", "B.EXAMPLE EXAMPLE"),
        ] {
            assert_eq!(read(text).unwrap().join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let realms = vec!["B.EXAMPLE".to_owned(), "EXAMPLE".to_owned()];
        let decoded = decode(&encode(&realms), &Realm::from("A"), &Realm::from("Z"));
        assert_eq!(decoded, Some(realms));
    }

    #[test]
    fn another_encoding_is_not_read() {
        let encoding = TransitedEncoding {
            r#type: 2,
            contents: vec![1].into(),
        };
        assert_eq!(decode(&encoding, &Realm::from("A"), &Realm::from("Z")), None);
    }
}
