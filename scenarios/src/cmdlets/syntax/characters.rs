//! Characters that mean the same to PowerShell's tokenizer: text copied from a web page or a mail has typographic quotes,
//! dashes and blanks (`CharTraits.cs` of PowerShell, `IsSingleQuote`, `IsDoubleQuote`, `IsDash`, `IsWhitespace`).

/// The character of ASCII that PowerShell takes this one for, as long as it is not within quotes; itself where it stands
/// for no other.
#[must_use]
pub const fn plain(c: char) -> char {
    match c {
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201e}' => '"',
        '\u{2013}'..='\u{2015}' => '-',
        '\t' | '\n' | '\r' => c,
        _ if c.is_whitespace() => ' ',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_dashes_and_blanks_of_a_word_processor_are_plain_ones() {
        for (typographic, meant) in [
            ("‘’‚‛'", '\''),
            ("“”„\"", '"'),
            ("–—―-", '-'),
            ("\u{a0}\u{2009} ", ' '),
        ] {
            for c in typographic.chars() {
                assert_eq!(plain(c), meant, "{c:?}");
            }
        }
        // beside them, and what is no quote, dash or blank there
        for c in "\u{2012}\u{2016}\u{2017}\u{201f}«»\u{2032}\u{2033}−\u{200b}\n\ta".chars() {
            assert_eq!(plain(c), c, "{c:?}");
        }
    }
}
