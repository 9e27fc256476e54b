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
}
