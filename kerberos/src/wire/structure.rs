//! Walks DER without knowing the type, to say where its structure is broken.

use super::Problem;

/// Levels that are followed: far more than any message has, so a deep nesting costs nothing.
const DEPTH: usize = 64;

/// One value as it lies in the octets: offsets from their beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// The first octet of the tag.
    pub(crate) tag: u8,
    /// Where the contents begin.
    pub(crate) contents: usize,
    /// Where the value ends.
    pub(crate) end: usize,
}

/// The first fault of the structure: its offset and what is wrong there.
pub(crate) fn fault(octets: &[u8]) -> Option<(usize, Problem)> {
    match element(octets, 0, octets.len()) {
        Err(fault) => Some(fault),
        Ok(top) if top.end < octets.len() => Some((
            top.end,
            Problem::Trailing {
                count: octets.len() - top.end,
            },
        )),
        Ok(top) => inner_fault(octets, top, DEPTH),
    }
}

fn inner_fault(octets: &[u8], outer: Element, depth: usize) -> Option<(usize, Problem)> {
    const CONSTRUCTED: u8 = 0x20;
    if outer.tag & CONSTRUCTED == 0 || depth == 0 {
        return None;
    }
    let mut at = outer.contents;
    while at < outer.end {
        let inner = match element(octets, at, outer.end) {
            Ok(inner) => inner,
            Err(fault) => return Some(fault),
        };
        if let Some(fault) = inner_fault(octets, inner, depth - 1) {
            return Some(fault);
        }
        at = inner.end;
    }
    None
}

/// Reads tag and length at `at`; the value must end by `limit`.
///
/// # Errors
///
/// The offset of the fault, and the fault.
pub(crate) fn element(octets: &[u8], at: usize, limit: usize) -> Result<Element, (usize, Problem)> {
    let octet = |index: usize| {
        if index < limit {
            octets.get(index).copied()
        } else {
            None
        }
    };
    let truncated = (limit, Problem::Truncated);
    let tag = octet(at).ok_or_else(|| truncated.clone())?;
    if tag & 0x1F == 0x1F {
        return Err((
            at,
            Problem::Value("a tag number above 30, which no Kerberos message has".to_owned()),
        ));
    }
    let first = octet(at + 1).ok_or_else(|| truncated.clone())?;
    let (length, contents) = match first {
        0..=0x7F => (usize::from(first), at + 2),
        0x80 => {
            return Err((
                at + 1,
                Problem::Value("a length without an end, which DER does not allow".to_owned()),
            ));
        }
        _ => {
            let count = usize::from(first & 0x7F);
            let mut length = 0_usize;
            for index in 0..count {
                let next = octet(at + 2 + index).ok_or_else(|| truncated.clone())?;
                length = length.saturating_mul(256).saturating_add(usize::from(next));
            }
            (length, at + 2 + count)
        }
    };
    let available = limit.saturating_sub(contents);
    if length > available {
        return Err((at, Problem::TooLong { length, available }));
    }
    Ok(Element {
        tag,
        contents,
        end: contents + length,
    })
}

/// Where `part` lies in `whole`: the first place with the same octets. Only for messages to people.
pub(crate) fn offset_of(whole: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    whole.windows(part.len()).position(|window| window == part)
}
