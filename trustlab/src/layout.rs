//! Text for people: lines that fit the terminal, with what does not fit below, indented.
//!
//! Everything that the program tells in its own words goes through [`Layout`]. What a tool of Windows prints does not: its
//! lines are as long as Windows makes them.

use std::io::IsTerminal;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// How many columns a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Width(usize);

impl Width {
    /// Where stdout is no terminal: the same text, whoever runs the program.
    pub(crate) const PLAIN: Self = Self(100);
    /// For what is laid out where nobody knows the terminal: a running lab's answers.
    pub(crate) const LEAST: Self = Self(80);
    /// Longer lines are hard to read.
    const MOST: usize = 120;

    /// The width of the terminal behind stdout.
    pub(crate) fn of_stdout() -> Self {
        let stdout = crate::output::stdout::handle();
        if !stdout.is_terminal() {
            return Self::PLAIN;
        }
        let size = terminal_size::terminal_size_of(stdout);
        Self::of_terminal(size.map(|(columns, _)| usize::from(columns.0)))
    }

    /// From 80 to 120 columns.
    fn of_terminal(columns: Option<usize>) -> Self {
        columns.map_or(Self::PLAIN, |columns| {
            Self(columns.clamp(Self::LEAST.0, Self::MOST))
        })
    }

    /// In columns.
    #[cfg(test)]
    pub(crate) const fn columns(self) -> usize {
        self.0
    }
}

/// A text of lines that fit.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    width: Width,
    text: String,
}

impl Layout {
    /// An empty text.
    pub(crate) const fn new(width: Width) -> Self {
        Self {
            width,
            text: String::new(),
        }
    }

    /// The text so far.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// A line as it is, however long.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Text behind a head, such as a time and a name. What does not fit, and each further line of the text, stands below
    /// its beginning.
    pub(crate) fn hanging(&mut self, head: &str, text: &str) {
        self.indented(head, textwrap::core::display_width(head), text);
    }

    /// Text behind a head; what does not fit stands below, indented by so many columns.
    pub(crate) fn indented(&mut self, head: &str, indent: usize, text: &str) {
        let indent = " ".repeat(indent);
        let mut head = head;
        for line in text.split('\n') {
            if line.trim().is_empty() {
                self.line(head.trim_end());
                head = &indent;
                continue;
            }
            let options = Options::new(self.width.0)
                .initial_indent(head)
                .subsequent_indent(&indent)
                // a name, path or command stays one word, so that it can be copied and searched
                .break_words(false)
                .word_splitter(WordSplitter::NoHyphenation)
                .word_separator(WordSeparator::AsciiSpace)
                .wrap_algorithm(WrapAlgorithm::FirstFit);
            for line in textwrap::wrap(line, options) {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
            }
            head = &indent;
        }
    }

    /// Paragraphs that an author has broken into lines of some width: they are filled anew. An empty line stays between two
    /// of them, and a line that begins with a blank stays a line.
    pub(crate) fn paragraphs(&mut self, indent: usize, text: &str) {
        let head = " ".repeat(indent);
        let mut paragraph = String::new();
        let flush = |layout: &mut Self, paragraph: &mut String| {
            if !paragraph.is_empty() {
                layout.indented(&head, indent, paragraph);
                paragraph.clear();
            }
        };
        for line in text.trim_end().lines() {
            let line = line.trim_end();
            if line.is_empty() {
                flush(self, &mut paragraph);
                self.blank();
            } else if line.starts_with(' ') {
                flush(self, &mut paragraph);
                self.hanging(&head, line);
            } else {
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(line);
            }
        }
        flush(self, &mut paragraph);
    }

    /// Rows of two columns. What does not fit of the second stands below it. The first has three fifths of a line at most; below
    /// what is longer, the second begins on a line of its own.
    pub(crate) fn table<'r>(&mut self, rows: impl IntoIterator<Item = (&'r str, &'r str)>) {
        let rows: Vec<_> = rows.into_iter().collect();
        let first = rows.iter().map(|(name, _)| textwrap::core::display_width(name));
        let column = (first.max().unwrap_or(0) + GAP).min(self.width.0 * 3 / 5);
        for (name, text) in rows {
            let width = textwrap::core::display_width(name);
            if width + GAP > column {
                self.line(name);
                self.hanging(&" ".repeat(column), text);
            } else {
                self.hanging(&format!("{name}{:1$}", "", column - width), text);
            }
        }
    }
}

/// Between two columns.
const GAP: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(lay: impl FnOnce(&mut Layout)) -> String {
        let mut layout = Layout::new(Width(30));
        lay(&mut layout);
        layout.finish()
    }

    #[test]
    fn a_terminal_has_80_to_120_columns_and_no_terminal_100() {
        for (columns, width) in [(40, 80), (80, 80), (93, 93), (120, 120), (300, 120)] {
            assert_eq!(Width::of_terminal(Some(columns)).columns(), width);
        }
        assert_eq!(Width::of_terminal(None).columns(), 100);
    }

    #[test]
    fn what_does_not_fit_stands_below_the_beginning() {
        let text = laid_out(|layout| layout.hanging("08:00  ", "finds DC01 by DNS and a CLDAP ping"));
        assert_eq!(text, "08:00  finds DC01 by DNS and a\n       CLDAP ping\n");
        let exact = "08:00  finds DC01 by DNS and a";
        assert_eq!(exact.len(), 30);
        let text = laid_out(|layout| layout.hanging("08:00  ", "a line\nand another"));
        assert_eq!(text, "08:00  a line\n       and another\n");
    }

    #[test]
    fn names_and_paths_are_never_cut() {
        let path = r"\\fs01.ad.fernhill.example\projects\a-name-with-hyphens";
        let text = laid_out(|layout| layout.hanging("  ", &format!("opens {path} at once")));
        assert_eq!(text, format!("  opens\n  {path}\n  at once\n"));
    }

    #[test]
    fn paragraphs_are_filled_anew_and_lines_of_code_stay() {
        let story = "Ada signs\nin and opens\na share on a server.\n\nThen:\n  klist purge\nand so on.\n";
        let text = laid_out(|layout| layout.paragraphs(2, story));
        assert_eq!(
            text,
            "  Ada signs in and opens a\n  share on a server.\n\n  Then:\n    klist purge\n  and so on.\n"
        );
    }

    #[test]
    fn a_table_keeps_its_second_column() {
        let rows = [("a", "one two three four five six"), ("bcd", "seven")];
        let text = laid_out(|layout| layout.table(rows));
        assert_eq!(text, "a    one two three four five\n     six\nbcd  seven\n");
        // below a name too long for its column
        let rows = [("a-name-that-is-too-long", "what it means")];
        let text = laid_out(|layout| layout.table(rows));
        assert_eq!(text.lines().nth(1), Some("                  what it"), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost(text in "[a-zäß ]{0,80}", head in "[a-z ]{0,10}") {
            let text_of = |text: &str| text.split_whitespace().collect::<String>();
            let laid = laid_out(|layout| layout.hanging(&head, &text));
            proptest::prop_assert_eq!(text_of(&laid), text_of(&format!("{head}{text}")));
        }
    }
}
