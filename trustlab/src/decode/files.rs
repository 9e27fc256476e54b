//! Keytabs and credential caches.

use kerberos::ccache::{Ccache, Credential, HeaderField, Principal};
use kerberos::keytab::Keytab;
use kerberos::phrase::counted;
use kerberos::wire::Ticket;

use super::keyring::Keyring;
use super::node::Node;
use super::{show, ticket};

/// A keytab.
pub(crate) fn keytab(keytab: &Keytab, keys: &Keyring) -> Node {
    Node::leaf("keytab", counted(keytab.entries.len(), "entry")).with_all(keytab.entries.iter().map(
        |entry| {
            Node::leaf("entry", format_args!("{}@{}", entry.name, entry.realm))
                .field("name-type", entry.name.name_type)
                .field("kvno", entry.kvno)
                .field("written", show::time(entry.written))
                .with(show::key("key", &entry.key, keys.shows_keys()))
        },
    ))
}

/// A credential cache.
pub(crate) fn ccache(cache: &Ccache, keys: &mut Keyring) -> Node {
    let header = cache.header.iter().map(|field| match field {
        HeaderField::KdcOffset { seconds, micros } => {
            Node::leaf("KDC offset", format_args!("{seconds} s {micros} us"))
        }
        HeaderField::Unknown { tag, octets } => {
            Node::leaf(format!("header field {tag}"), show::octets(octets))
        }
    });
    let node = Node::leaf("ccache", principal(&cache.principal)).with_all(header);
    // all session keys first: a later ticket may hold the key that an earlier one needs
    for credential in cache.tickets() {
        keys.learn(
            &credential.key,
            format!("the session key for {}", principal(&credential.server)),
        );
    }
    let credentials: Vec<Node> = cache
        .credentials
        .iter()
        .map(|credential| credential_node(credential, keys))
        .collect();
    node.with_all(credentials)
}

fn credential_node(credential: &Credential, keys: &mut Keyring) -> Node {
    if credential.is_config() {
        let mut parts = credential
            .server
            .name
            .components
            .iter()
            .skip(1)
            .map(ToString::to_string);
        let label = format!("setting {}", parts.next().unwrap_or_default());
        let value = String::from_utf8_lossy(&credential.ticket);
        return Node::leaf(label, value).maybe("of", parts.next());
    }
    let node = Node::leaf("credential", principal(&credential.server))
        .field("client", principal(&credential.client))
        .with(show::key("key", &credential.key, keys.shows_keys()))
        .field("flags", credential.flags)
        .field("authtime", show::time(credential.auth_time))
        .field("starttime", show::time(credential.start_time))
        .field("endtime", show::time(credential.end_time));
    let renewable = credential.renew_till.unix_seconds() != 0;
    let node = node.maybe("renew-till", renewable.then(|| show::time(credential.renew_till)));
    let node = node.with(ticket_octets(&credential.ticket, keys));
    if credential.second_ticket.is_empty() {
        return node;
    }
    node.with(Node::new("second ticket").with(ticket_octets(&credential.second_ticket, keys)))
}

fn ticket_octets(octets: &[u8], keys: &mut Keyring) -> Node {
    match Ticket::decode(octets) {
        Ok(sealed) => ticket::ticket(&sealed, keys),
        Err(error) => Node::unreadable("Ticket", error, octets),
    }
}

fn principal(principal: &Principal) -> String {
    format!("{}@{}", principal.name, principal.realm)
}
