//! Search and compare.

use kerberos::Timestamp;
use rasn::prelude::*;
use rasn_ldap::{
    CompareRequest, Control, Controls, LdapMessage, LdapResult, ProtocolOp, ResultCode, SearchRequest,
    SearchRequestScope, SearchResultDone,
};

use super::entry::{Attribute, Entry};
use super::{LdapConfig, LdapSession, dn, filter, frame, objects, result, root};
use crate::directory::DomainSnapshot;

/// What a search looks at.
pub(super) struct Context<'a> {
    pub(super) domain: &'a DomainSnapshot,
    pub(super) config: &'a LdapConfig,
    pub(super) session: &'a LdapSession,
    pub(super) now: Timestamp,
}

/// Entries in the order of the directory, then the result.
pub(super) fn answer(
    context: &Context<'_>,
    id: u32,
    request: &SearchRequest,
    controls: Option<&Controls>,
) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let (result, control) = match collect(context, request, controls) {
        Ok(found) => {
            let entries = found.entries.iter();
            messages.extend(entries.filter_map(|entry| selected(id, entry, request)));
            (found.result, found.control)
        }
        Err(result) => (result, None),
    };
    let mut done = LdapMessage::new(id, ProtocolOp::SearchResDone(SearchResultDone(result)));
    done.controls = control.map(|control| vec![control]);
    messages.extend(frame::encode(&done));
    messages
}

struct Found {
    entries: Vec<Entry>,
    result: LdapResult,
    control: Option<Control>,
}

fn collect(
    context: &Context<'_>,
    request: &SearchRequest,
    controls: Option<&Controls>,
) -> Result<Found, LdapResult> {
    let page = page(controls)?;
    let base = dn::normal(&request.base_object);
    if base.is_empty() && request.scope == SearchRequestScope::BaseObject {
        let entry = root::entry(context.domain, context.config, context.now);
        let matches = is_root_filter(&request.filter) || filter::matches(&request.filter, &entry, &[]);
        return Ok(Found {
            entries: if matches { vec![entry] } else { Vec::new() },
            result: result(ResultCode::Success, ""),
            control: None,
        });
    }
    check_bound(context)?;
    let entries = objects::all(context);
    let at = entries.iter().find(|entry| entry.normal == base);
    if at.is_none() {
        return Err(no_such_object(&base, &entries));
    }
    let in_scope = |entry: &&Entry| match dn::depth_below(&entry.normal, &base) {
        Some(0) => request.scope != SearchRequestScope::SingleLevel,
        Some(1) => request.scope != SearchRequestScope::BaseObject,
        Some(_) => request.scope == SearchRequestScope::WholeSubtree,
        None => false,
    };
    let found: Vec<Entry> = entries
        .iter()
        .filter(in_scope)
        .filter(|entry| filter::matches(&request.filter, entry, &entries))
        .cloned()
        .collect();
    Ok(cut(context, request, page, found))
}

/// `(objectClass=*)` finds the rootDSE, which has no objectClass.
fn is_root_filter(filter: &rasn_ldap::Filter) -> bool {
    matches!(filter, rasn_ldap::Filter::Present(name) if name.eq_ignore_ascii_case("objectClass"))
}

fn check_bound(context: &Context<'_>) -> Result<(), LdapResult> {
    if context.session.who.is_some() || context.config.anonymous_search {
        return Ok(());
    }
    Err(result(
        ResultCode::OperationsError,
        "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be \
         completed on the connection., data 0, v4563",
    ))
}

/// The nearest entry above a name that does not exist (RFC 4511 section 4.1.9).
fn no_such_object(base: &str, entries: &[Entry]) -> LdapResult {
    let above = entries
        .iter()
        .filter(|entry| dn::depth_below(base, &entry.normal).is_some())
        .max_by_key(|entry| entry.normal.len());
    let matched = above.map_or("", |entry| entry.dn.as_str());
    LdapResult::new(
        ResultCode::NoSuchObject,
        matched.into(),
        format!(
            "0000208D: NameErr: DSID-0310028D, problem 2001 (NO_OBJECT), data 0, best match of: '{matched}'"
        )
        .into(),
    )
}

/// What the client wants of pages: how many entries, from which on.
struct Page {
    size: usize,
    from: usize,
}

/// The value of the control for pages (RFC 2696 section 2).
#[derive(AsnType, Decode, Encode, Clone, Debug)]
struct PageValue {
    size: u32,
    cookie: OctetString,
}

fn page(controls: Option<&Controls>) -> Result<Option<Page>, LdapResult> {
    let mut page = None;
    for control in controls.into_iter().flatten() {
        if &*control.control_type == root::PAGED_RESULTS.as_bytes() {
            let value = control.control_value.as_ref();
            let value = value.and_then(|value| rasn::ber::decode::<PageValue>(value).ok());
            let malformed = || result(ResultCode::ProtocolError, "the control for pages cannot be read");
            let value = value.ok_or_else(malformed)?;
            let from = match &*value.cookie {
                [] => 0,
                cookie => core::str::from_utf8(cookie)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .ok_or_else(malformed)?,
            };
            page = Some(Page {
                size: usize::try_from(value.size).unwrap_or(usize::MAX),
                from,
            });
        } else if control.criticality {
            let name = String::from_utf8_lossy(&control.control_type).into_owned();
            let text = format!("the critical control {name} is not offered");
            return Err(result(ResultCode::UnavailableCriticalExtension, &text));
        }
    }
    Ok(page)
}

/// As many entries as one answer may have.
fn cut(context: &Context<'_>, request: &SearchRequest, page: Option<Page>, mut found: Vec<Entry>) -> Found {
    let most = context.config.max_page_size;
    let wanted = match request.size_limit {
        0 => usize::MAX,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let success = || result(ResultCode::Success, "");
    let Some(page) = page else {
        let limit = most.min(wanted);
        let exceeded = found.len() > limit;
        found.truncate(limit);
        return Found {
            entries: found,
            result: if exceeded {
                result(ResultCode::SizeLimitExceeded, "")
            } else {
                success()
            },
            control: None,
        };
    };
    let total = found.len();
    let rest = found.into_iter().skip(page.from);
    let entries: Vec<Entry> = rest.take(page.size.min(most)).collect();
    let next = page.from.saturating_add(entries.len());
    let cookie = if next < total && !entries.is_empty() {
        next.to_string()
    } else {
        String::new()
    };
    let value = PageValue {
        size: u32::try_from(total).unwrap_or(u32::MAX),
        cookie: cookie.into_bytes().into(),
    };
    let control = rasn::ber::encode(&value).ok().map(|value| {
        let name = root::PAGED_RESULTS.as_bytes().to_vec().into();
        Control::new(name, false, Some(value.into()))
    });
    Found {
        entries,
        result: success(),
        control,
    }
}

/// A SearchResultEntry whose values keep the order of the directory: `top` comes first in objectClass. The codec's own type
/// sorts them by their octets.
#[derive(AsnType, Encode)]
#[rasn(tag(application, 4))]
struct OrderedEntry {
    object_name: OctetString,
    attributes: Vec<OrderedAttribute>,
}

#[derive(AsnType, Encode)]
struct OrderedAttribute {
    name: OctetString,
    #[rasn(tag(universal, 17))]
    values: Vec<OctetString>,
}

/// An LDAPMessage with such an entry.
#[derive(AsnType, Encode)]
struct EntryMessage {
    message_id: u32,
    entry: OrderedEntry,
}

/// The attributes that were asked for: all but constructed ones when none is named.
fn selected(id: u32, entry: &Entry, request: &SearchRequest) -> Option<Vec<u8>> {
    let asked = |name: &str| {
        request
            .attributes
            .iter()
            .any(|asked| asked.eq_ignore_ascii_case(name))
    };
    let every = request.attributes.is_empty() || asked("*");
    let shown = |attribute: &&Attribute| asked(attribute.name) || (every && !attribute.constructed);
    let octets = |value: &[u8]| OctetString::from(value.to_vec());
    let attribute = |attribute: &Attribute| OrderedAttribute {
        name: octets(attribute.name.as_bytes()),
        values: if request.types_only {
            Vec::new()
        } else {
            attribute.values.iter().map(|value| octets(value)).collect()
        },
    };
    let entry = OrderedEntry {
        object_name: octets(entry.dn.as_bytes()),
        attributes: entry.attributes.iter().filter(shown).map(attribute).collect(),
    };
    let message = EntryMessage {
        message_id: id,
        entry,
    };
    rasn::ber::encode(&message).ok()
}

/// Compares one value of one entry.
pub(super) fn compare(context: &Context<'_>, request: &CompareRequest) -> LdapResult {
    if let Err(refused) = check_bound(context) {
        return refused;
    }
    let asked = dn::normal(&request.entry);
    let entries = objects::all(context);
    let Some(entry) = entries.iter().find(|entry| entry.normal == asked) else {
        return no_such_object(&asked, &entries);
    };
    match entry.attribute(&request.ava.attribute_desc) {
        None => result(ResultCode::NoSuchAttribute, ""),
        Some(attribute) if filter::has(attribute, &request.ava.assertion_value) => {
            result(ResultCode::CompareTrue, "")
        }
        Some(_) => result(ResultCode::CompareFalse, ""),
    }
}
