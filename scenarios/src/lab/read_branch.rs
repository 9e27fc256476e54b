//! What only a read-only domain controller has.

use super::builtin;
use super::document::BranchDc;
use super::read::Context;
use crate::language::{Finding, Reader};

/// Key numbers given out to read-only DCs that say none: this and up, beside those of Kerberos server objects.
const FIRST_NUMBER: u32 = 40_001;

/// Reads the settings of a DC that is read-only; on a writable one they say nothing, which is reported.
pub(crate) fn branch(
    reader: &mut Reader<'_>,
    writable: bool,
    index: u32,
    context: &Context<'_>,
) -> Option<BranchDc> {
    let number = reader.integer("key-number", 1, 65_535);
    let cached = reader.references("cached", &context.names.accounts("user or machine"));
    let principals = context.names.principals();
    let allow = reader.references("allow", &principals);
    let deny = reader.references("deny", &principals);
    if writable {
        if number.is_some() || cached.is_some() || allow.is_some() || deny.is_some() {
            let finding = Finding::new("`key-number`, `cached`, `allow` and `deny` are about read-only DCs");
            context.report.add(
                reader.span(),
                finding.expected("writable = false, or none of them"),
            );
        }
        return None;
    }
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let given = number.and_then(|number| u16::try_from(number).ok());
    let usual = u16::try_from(FIRST_NUMBER + index).unwrap_or(u16::MAX);
    Some(BranchDc {
        number: given.unwrap_or(usual),
        cached: cached.unwrap_or_default(),
        allow: allow.unwrap_or_else(|| owned(builtin::BRANCH_ALLOW)),
        deny: deny.unwrap_or_else(|| owned(builtin::DEFAULT_DENY)),
    })
}
