//! A typed line, split into words as PowerShell does: blanks separate words, quotes keep blanks within a word, typographic ones
//! too, and a backslash is an ordinary character.

use scenarios::cmdlets::plain;

/// A quote without its partner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the quote before `{rest}` (column {column}) is not closed")]
pub(crate) struct OpenQuote {
    /// Where it stands, from 1, in characters.
    column: usize,
    /// What follows it.
    rest: String,
}

/// Splits a line. A double quote opens anywhere, a single one at the beginning of a word, as in `O'Brien`; a doubled
/// quote within its own kind is one quote. All double quotes are of one kind, and all single ones.
pub(crate) fn split(line: &str) -> Result<Vec<String>, OpenQuote> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<(char, usize)> = None;
    let mut characters = line.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        match quote {
            Some((open, _)) if plain(character) == open => {
                if let Some((_, doubled)) = characters.next_if(|(_, next)| plain(*next) == open) {
                    word.get_or_insert_default().push(doubled);
                } else {
                    quote = None;
                }
            }
            Some(_) => word.get_or_insert_default().push(character),
            None if character.is_whitespace() => words.extend(word.take()),
            None if opens(character, word.is_none()) => {
                word.get_or_insert_default();
                quote = Some((plain(character), index));
            }
            None => word.get_or_insert_default().push(character),
        }
    }
    if let Some((_, index)) = quote {
        return Err(OpenQuote {
            column: index + 1,
            rest: line.chars().skip(index + 1).take(20).collect(),
        });
    }
    words.extend(word);
    Ok(words)
}

/// Whether a character opens a quoted part.
fn opens(character: char, begins_word: bool) -> bool {
    match plain(character) {
        '"' => true,
        '\'' => begins_word,
        _ => false,
    }
}

/// Where the last word of a line that is still being typed begins, in octets; the line's length after a blank.
pub(crate) fn last_word(begun: &str) -> usize {
    let mut start = None;
    let mut quote = None;
    for (index, character) in begun.char_indices() {
        match quote {
            Some(open) if plain(character) == open => quote = None,
            Some(_) => {}
            None if character.is_whitespace() => start = None,
            None => {
                if opens(character, start.is_none()) {
                    quote = Some(plain(character));
                }
                start.get_or_insert(index);
            }
        }
    }
    start.unwrap_or(begun.len())
}

/// The word as it has to be typed to be one word.
pub(crate) fn quoted(word: &str) -> String {
    if !word.is_empty()
        && !word.contains(|letter: char| letter.is_whitespace() || matches!(plain(letter), '"' | '\''))
    {
        return word.to_owned();
    }
    let doubled = |letter: char| core::iter::repeat_n(letter, 1 + usize::from(plain(letter) == '"'));
    format!("\"{}\"", word.chars().flat_map(doubled).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_blanks_and_backslashes_are_letters() {
        let words = |line| split(line).expect("closed quotes");
        assert_eq!(words(r#"open "\\fs01\my share""#), ["open", r"\\fs01\my share"]);
        assert_eq!(
            words(r#"open \\fs01\"my share"\a"#),
            ["open", r"\\fs01\my share\a"]
        );
        assert_eq!(words("  a\tb  "), ["a", "b"]);
        assert_eq!(
            words(r#"say "" '' "a""b" 'it''s'"#),
            ["say", "", "", "a\"b", "it's"]
        );
        assert_eq!(words("get O'Brien"), ["get", "O'Brien"]);
        assert_eq!(words(r#"open "\\fs01\x\""#), ["open", r"\\fs01\x\"]);
        assert!(words("").is_empty());
    }

    #[test]
    fn typographic_quotes_and_blanks_are_quotes_and_blanks() {
        let words = |line| split(line).expect("closed quotes");
        assert_eq!(words(r"open “\\fs01\my share”"), ["open", r"\\fs01\my share"]);
        assert_eq!(words("klist\u{a0}‘get’ “a b\""), ["klist", "get", "a b"]);
        assert_eq!(words("say ‘it’’s’ O’Brien"), ["say", "it’s", "O’Brien"]);
        assert!(split("open “x").is_err());
    }

    #[test]
    fn an_open_quote_is_named_with_its_place() {
        let error = split(r#"open "\\fs01\my share"#).expect_err("an open quote");
        assert_eq!(
            error.to_string(),
            r"the quote before `\\fs01\my share` (column 6) is not closed"
        );
        assert!(split("klist 'get").is_err());
    }

    #[test]
    fn the_last_word_begins_after_blanks_outside_quotes() {
        for (line, start) in [
            ("", 0),
            ("kl", 0),
            ("klist ", 6),
            ("open \"a b", 5),
            ("open ü \\x", 8),
        ] {
            assert_eq!(last_word(line), start, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_quoted_word_is_read_back(word in "(?s).{0,30}") {
            proptest::prop_assert_eq!(split(&quoted(&word)), Ok(vec![word]));
        }
    }
}
