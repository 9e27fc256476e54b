//! Names of a lab for accounts of a directory, whose names may have more letters and kinds of letters.

use std::collections::{BTreeMap, BTreeSet};

/// The names that were given so far, without regard to case.
#[derive(Debug, Default)]
pub(super) struct Names {
    given: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Names {
    /// The lab's name for what the directory calls `original`: the same whenever it is asked for, and nobody else's.
    pub(super) fn of(&mut self, original: &str) -> String {
        let key = original.to_lowercase();
        if let Some(name) = self.given.get(&key) {
            return name.clone();
        }
        let plain = plain(original);
        let numbered = (2_usize..).map(|number| format!("{plain}-{number}"));
        let free = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|name| !self.taken.contains(&name.to_lowercase()));
        let name = free.unwrap_or(plain);
        self.taken.insert(name.to_lowercase());
        self.given.insert(key, name.clone());
        name
    }
}

/// The first value of a distinguished name (RFC 4514 section 3); what is none stays as it is.
pub(super) fn first_value(dn: &str) -> String {
    let digit = |octet: &u8| {
        char::from(*octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut left = dn.split_once('=').map_or(dn, |(_, value)| value).as_bytes();
    let mut value = Vec::with_capacity(left.len());
    loop {
        left = match left {
            [] | [b',' | b'+', ..] => break,
            [b'\\', high, low, after @ ..] if digit(high).is_some() && digit(low).is_some() => {
                value.extend(digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low));
                after
            }
            [b'\\', octet, after @ ..] | [octet, after @ ..] => {
                value.push(*octet);
                after
            }
        };
    }
    String::from_utf8_lossy(&value).into_owned()
}

/// Letters and digits of ASCII; whatever else is between them becomes one hyphen.
fn plain(original: &str) -> String {
    // leaves room for a number
    const OCTETS_MAX: usize = 56;
    let mut name = String::new();
    for letter in original.trim().chars() {
        let fits = letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ' ');
        if fits && (!name.is_empty() || letter.is_ascii_alphanumeric()) {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(OCTETS_MAX);
    let name = name.trim_end_matches(['-', ' ']);
    if name.is_empty() { "unnamed" } else { name }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_lab_may_have_stays_and_any_other_is_spelled_in_its_letters() {
        let mut names = Names::default();
        for (original, name) in [
            ("Domain Users", "Domain Users"),
            ("svc_sql$", "svc_sql"),
            ("a.byron", "a-byron"),
            ("A.Byron", "a-byron"),
            ("a-byron", "a-byron-2"),
            ("R&D (EU)", "R-D -EU"),
            ("Größe", "Gr-e"),
            ("$$", "unnamed"),
            ("…", "unnamed-2"),
        ] {
            assert_eq!(names.of(original), name, "{original}");
        }
        assert_eq!(names.of(&"x".repeat(300)).len(), 56);
    }

    #[test]
    fn the_first_value_of_a_distinguished_name_is_read_with_what_is_escaped_in_it() {
        for (dn, value) in [
            ("CN=Night,OU=Groups", "Night"),
            ("CN=Night\\, late,OU=Groups", "Night, late"),
            ("CN=Night\\2C late,OU=Groups", "Night, late"),
            ("CN=Gr\\C3\\B6\\c3\\9Fe\\+,DC=corp", "Größe+"),
            ("CN=R&D+UID=7,DC=corp", "R&D"),
            ("CN=\\\\", "\\"),
            ("CN=\\", "\\"),
            ("CN=\\2", "2"),
            ("CN=\\FF", "\u{fffd}"),
            ("CN=", ""),
            ("Writers", "Writers"),
        ] {
            assert_eq!(first_value(dn), value, "{dn}");
        }
    }
}
