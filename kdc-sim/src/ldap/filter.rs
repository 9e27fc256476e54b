//! Search filters (RFC 4511 section 4.5.1.7) with the bit rules of MS-ADTS section 3.1.1.3.4.4.

use kerberos::sid::Sid;
use rasn_ldap::{Filter, MatchingRuleAssertion, SubstringChoice, SubstringFilter};

use super::dn;
use super::entry::{Attribute, Entry, Syntax};

/// Every bit of the value is set.
const BIT_AND: &str = "1.2.840.113556.1.4.803";
/// Some bit of the value is set.
const BIT_OR: &str = "1.2.840.113556.1.4.804";
/// The name is reached through groups of groups.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// Whether an entry matches. What is not known of an attribute is no match, and its opposite neither (three values).
pub(super) fn matches(filter: &Filter, entry: &Entry, all: &[Entry]) -> bool {
    evaluate(filter, entry, all) == Some(true)
}

fn evaluate(filter: &Filter, entry: &Entry, all: &[Entry]) -> Option<bool> {
    match filter {
        Filter::And(filters) => {
            let values = filters.to_vec();
            fold(
                values.into_iter().map(|filter| evaluate(filter, entry, all)),
                false,
            )
        }
        Filter::Or(filters) => {
            let values = filters.to_vec();
            fold(
                values.into_iter().map(|filter| evaluate(filter, entry, all)),
                true,
            )
        }
        Filter::Not(filter) => evaluate(filter, entry, all).map(|value| !value),
        Filter::Present(name) => Some(entry.attribute(name).is_some()),
        Filter::EqualityMatch(asked) | Filter::ApproxMatch(asked) => {
            let attribute = entry.attribute(&asked.attribute_desc);
            Some(attribute.is_some_and(|attribute| has(attribute, &asked.assertion_value)))
        }
        Filter::GreaterOrEqual(asked) => ordered(
            entry.attribute(&asked.attribute_desc),
            &asked.assertion_value,
            |a, b| a >= b,
        ),
        Filter::LessOrEqual(asked) => ordered(
            entry.attribute(&asked.attribute_desc),
            &asked.assertion_value,
            |a, b| a <= b,
        ),
        Filter::Substrings(asked) => {
            let attribute = entry.attribute(&asked.r#type);
            Some(
                attribute
                    .is_some_and(|attribute| attribute.values.iter().any(|value| has_parts(value, asked))),
            )
        }
        Filter::ExtensibleMatch(asked) => extensible(asked, entry, all),
        _ => None,
    }
}

/// AND ends at the first false, OR at the first true; what is unknown stays so if nothing ends it.
fn fold(values: impl Iterator<Item = Option<bool>>, end: bool) -> Option<bool> {
    let mut result = Some(!end);
    for value in values {
        match value {
            Some(value) if value == end => return Some(end),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

pub(super) fn has(attribute: &Attribute, asked: &[u8]) -> bool {
    let text = core::str::from_utf8(asked).ok();
    match attribute.syntax {
        Syntax::Text => text.is_some_and(|text| {
            let asked = text.to_lowercase();
            texts(attribute).any(|value| value.to_lowercase() == asked)
        }),
        Syntax::Integer => number(asked).is_some_and(|asked| numbers(attribute).any(|value| value == asked)),
        Syntax::Name => text.is_some_and(|text| {
            let asked = dn::normal(text);
            let is_it = |value: &str| dn::normal(value) == asked;
            texts(attribute).any(is_it)
                || (attribute.name == "objectCategory" && is_category(attribute, text))
        }),
        Syntax::Sid => {
            let sid = text.and_then(|text| text.parse::<Sid>().ok());
            let asked = sid.map_or_else(|| asked.to_vec(), |sid| sid.to_bytes());
            attribute.values.contains(&asked)
        }
        Syntax::Octets => attribute.values.iter().any(|value| value == asked),
    }
}

/// `(objectCategory=person)` means the name of the class in the schema.
fn is_category(attribute: &Attribute, class: &str) -> bool {
    let class = match class.to_ascii_lowercase().as_str() {
        "user" => "person".to_owned(),
        other => other.to_owned(),
    };
    texts(attribute).any(|value| dn::normal(value).starts_with(&format!("cn={class},")))
}

fn texts(attribute: &Attribute) -> impl Iterator<Item = &str> {
    attribute
        .values
        .iter()
        .filter_map(|value| core::str::from_utf8(value).ok())
}

fn numbers(attribute: &Attribute) -> impl Iterator<Item = i64> {
    attribute.values.iter().filter_map(|value| number(value))
}

fn number(octets: &[u8]) -> Option<i64> {
    core::str::from_utf8(octets).ok()?.trim().parse().ok()
}

fn ordered(attribute: Option<&Attribute>, asked: &[u8], holds: fn(&i64, &i64) -> bool) -> Option<bool> {
    let Some(attribute) = attribute else {
        return Some(false);
    };
    let asked = number(asked)?;
    Some(numbers(attribute).any(|value| holds(&value, &asked)))
}

enum Part {
    Initial,
    Any,
    Final,
}

fn has_parts(value: &[u8], asked: &SubstringFilter) -> bool {
    let Ok(value) = core::str::from_utf8(value) else {
        return false;
    };
    let value = value.to_lowercase();
    let mut rest = value.as_str();
    for part in &asked.substrings {
        let (kind, octets) = match part {
            SubstringChoice::Initial(octets) => (Part::Initial, octets),
            SubstringChoice::Any(octets) => (Part::Any, octets),
            SubstringChoice::Final(octets) => (Part::Final, octets),
            _ => return false,
        };
        let Ok(text) = core::str::from_utf8(octets) else {
            return false;
        };
        let text = text.to_lowercase();
        let found = match kind {
            Part::Initial => rest.strip_prefix(text.as_str()),
            Part::Any => rest.split_once(text.as_str()).map(|(_, after)| after),
            Part::Final => rest.strip_suffix(text.as_str()).map(|_| ""),
        };
        match found {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

fn extensible(asked: &MatchingRuleAssertion, entry: &Entry, all: &[Entry]) -> Option<bool> {
    let name = asked.r#type.as_ref()?;
    let attribute = entry.attribute(name);
    match asked.matching_rule.as_ref().map(|rule| rule.as_str()) {
        None => Some(attribute.is_some_and(|attribute| has(attribute, &asked.match_value))),
        Some(BIT_AND) => {
            let mask = number(&asked.match_value)?;
            Some(attribute.is_some_and(|attribute| numbers(attribute).any(|value| value & mask == mask)))
        }
        Some(BIT_OR) => {
            let mask = number(&asked.match_value)?;
            Some(attribute.is_some_and(|attribute| numbers(attribute).any(|value| value & mask != 0)))
        }
        Some(IN_CHAIN) => {
            let target = dn::normal(core::str::from_utf8(&asked.match_value).ok()?);
            Some(is_reached(entry, name, &target, all))
        }
        Some(_) => None,
    }
}

/// Follows a linked attribute from entry to entry. Circles end.
fn is_reached(entry: &Entry, attribute: &str, target: &str, all: &[Entry]) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut queue = vec![entry];
    while let Some(at) = queue.pop() {
        for value in at.attribute(attribute).into_iter().flat_map(texts) {
            let value = dn::normal(value);
            if value == target {
                return true;
            }
            let next = all.iter().find(|other| other.normal == value);
            if let Some(next) = next.filter(|next| !seen.contains(&next.normal.as_str())) {
                seen.push(&next.normal);
                queue.push(next);
            }
        }
    }
    false
}
