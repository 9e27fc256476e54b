//! The keys at hand: those of a keytab, and session keys as they come to light.

use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::keytab::Keytab;
use kerberos::wire::{EncryptedData, EncryptionKey, Kvno};

use super::node::Node;
use super::show;

/// Keys to try, the most recently learnt first.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    known: Vec<Known>,
    show_keys: bool,
}

/// A key and where it is from.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) key: Key,
    pub(crate) source: String,
    kvno: Option<Kvno>,
}

/// Decrypted data.
pub(crate) struct Opened {
    pub(crate) plaintext: Vec<u8>,
    pub(crate) by: Known,
}

impl Keyring {
    /// No keys; `show_keys` says whether trees show the octets of keys.
    pub(crate) fn new(show_keys: bool) -> Self {
        Self {
            known: Vec::new(),
            show_keys,
        }
    }

    /// Whether trees show the octets of keys.
    pub(crate) fn shows_keys(&self) -> bool {
        self.show_keys
    }

    /// Adds the keys of a keytab, those of types that cannot be used left out.
    pub(crate) fn add_keytab(&mut self, keytab: &Keytab) {
        for entry in &keytab.entries {
            let etype = show::etype(entry.key.keytype);
            let source = format!(
                "the {etype} key of {}@{}, version {}",
                entry.name, entry.realm, entry.kvno
            );
            self.add(&entry.key, source, Some(entry.kvno));
        }
    }

    /// Adds a key that came to light.
    pub(crate) fn learn(&mut self, key: &EncryptionKey, source: impl Into<String>) {
        self.add(key, source.into(), None);
    }

    fn add(&mut self, key: &EncryptionKey, source: String, kvno: Option<Kvno>) {
        let Ok(key) = key.to_key() else { return };
        if self.known.iter().any(|known| known.key == key) {
            return;
        }
        self.known.push(Known { key, source, kvno });
    }

    /// Every key, the most recently learnt first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Known> {
        self.known.iter().rev()
    }

    /// Tries every key of the right type, those of the right version first.
    pub(crate) fn open(&self, data: &EncryptedData, usages: &[KeyUsage]) -> Option<Opened> {
        let etype = Etype::from_number(data.etype)?;
        let of_type = || self.keys().filter(|known| known.key.etype() == etype);
        let of_version = |known: &&Known| known.kvno.is_some() && known.kvno == data.kvno;
        let in_order = of_type()
            .filter(of_version)
            .chain(of_type().filter(|known| !of_version(known)));
        for known in in_order {
            for usage in usages {
                if let Ok(plaintext) = data.open(&known.key, *usage) {
                    return Some(Opened {
                        plaintext,
                        by: known.clone(),
                    });
                }
            }
        }
        None
    }

    /// Encrypted data as a node: what is inside, if a key opens them.
    pub(crate) fn sealed(
        &mut self,
        label: &str,
        data: &EncryptedData,
        usages: &[KeyUsage],
        inside: impl FnOnce(&mut Self, &Opened) -> Node,
    ) -> Node {
        let length = data.cipher.len();
        let node = Node::leaf(
            label,
            format_args!("{}, {length} octets", show::etype(data.etype)),
        )
        .maybe("kvno", data.kvno);
        match self.open(data, usages) {
            Some(opened) => {
                let source = opened.by.source.clone();
                let inside = inside(self, &opened);
                node.field("decrypted with", source).with(inside)
            }
            None if self.known.is_empty() => node,
            None => node.field("not decrypted", "none of the keys at hand fits"),
        }
    }
}
