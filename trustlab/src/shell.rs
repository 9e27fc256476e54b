//! Command lines that are printed to be copied.

/// A word as a POSIX shell takes it: as it is, or between quotes.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@=,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word_in_a_shell() {
        for (word, written) in [
            ("/tmp/lab/env.sh", "/tmp/lab/env.sh"),
            ("ada@AD.FERNHILL.EXAMPLE", "ada@AD.FERNHILL.EXAMPLE"),
            ("", "''"),
            ("my lab", "'my lab'"),
            ("it's", r"'it'\''s'"),
            (r"\\fs01\projects", r"'\\fs01\projects'"),
            ("a;b", "'a;b'"),
        ] {
            assert_eq!(quoted(word), written);
        }
    }
}
