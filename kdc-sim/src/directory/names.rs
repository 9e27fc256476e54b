//! Names that are compared without regard to case.

use std::cmp::Ordering;

/// Names in sorted order, each with the index of what it names.
#[derive(Debug, Default)]
pub(super) struct NameIndex(Vec<(Box<str>, usize)>);

impl NameIndex {
    /// The names in order.
    ///
    /// # Errors
    ///
    /// Two names are the same: the later one, and what the two name.
    pub(super) fn new(
        names: impl IntoIterator<Item = (Box<str>, usize)>,
    ) -> Result<Self, (Box<str>, usize, usize)> {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_by(|(a, _), (b, _)| compare(a, b));
        for pair in names.windows(2) {
            if let [(first, a), (second, b)] = pair
                && compare(first, second) == Ordering::Equal
            {
                return Err((second.clone(), *a, *b));
            }
        }
        Ok(Self(names))
    }

    /// The names in order without those that are there twice.
    pub(super) fn unique(mut names: Vec<(Box<str>, usize)>) -> Self {
        names.sort_by(|(a, _), (b, _)| compare(a, b));
        let twice = |index: usize, other: Option<usize>| {
            let name = |at: usize| names.get(at).map(|(name, _)| &**name);
            match (name(index), other.and_then(name)) {
                (Some(a), Some(b)) => same(a, b),
                _ => false,
            }
        };
        let alone: Vec<bool> = (0..names.len())
            .map(|index| !twice(index, index.checked_sub(1)) && !twice(index, Some(index + 1)))
            .collect();
        let kept = names.into_iter().zip(alone).filter(|(_, alone)| *alone);
        Self(kept.map(|(name, _)| name).collect())
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let at = self.0.binary_search_by(|(other, _)| compare(other, name)).ok()?;
        self.0.get(at).map(|(_, index)| *index)
    }
}

/// Whether two names are the same to Active Directory.
pub(super) fn same(a: &str, b: &str) -> bool {
    compare(a, b) == Ordering::Equal
}

/// Compares by lower-case letters.
fn compare(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        let lower = |octet: u8| octet.to_ascii_lowercase();
        return a.bytes().map(lower).cmp(b.bytes().map(lower));
    }
    a.chars()
        .flat_map(char::to_lowercase)
        .cmp(b.chars().flat_map(char::to_lowercase))
}
