//! Boxes of `key : value` rows, which is what all of `dsregcmd /status` is made of.

use jiff::Timestamp;

use crate::lines::utc_time;

/// A row as it is printed; one without a key is a blank line.
pub(super) type Line = (&'static str, String);

/// The blank line between two groups of rows.
pub(super) const BLANK: Line = ("", String::new());

/// The line above and below a heading.
pub(super) fn rule() -> String {
    format!("+{}+\n", "-".repeat(70))
}

/// A heading and its rows, keys right-aligned to column 26.
pub(super) fn boxed(title: &str, rows: &[Line]) -> String {
    let rule = rule();
    let heading = format!(" {title}");
    let mut text = format!("{rule}|{heading:<70}|\n{rule}\n");
    for (key, value) in rows {
        if !key.is_empty() {
            text.push_str(format!("{key:>26} : {value}").trim_end());
        }
        text.push('\n');
    }
    text
}

pub(super) fn yes_no(flag: bool) -> String {
    if flag { "YES" } else { "NO" }.to_owned()
}

pub(super) fn time(time: Timestamp) -> String {
    utc_time(time)
}
