//! Long-term keys of an account, with their versions.

use std::sync::Arc;

use kerberos::crypto::{DEFAULT_ITERATIONS, Etype, Key, nt_hash, string_to_key};
use rand::CryptoRng;

/// The keys that come from one password.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// msDS-KeyVersionNumber. Only its low 16 bits are on the wire where the key belongs to krbtgt.
    pub version: u32,
    /// The salt of the AES keys. It stays as it was when the password was set, whatever happens to the name.
    pub salt: Arc<str>,
    keys: [Option<Key>; 3],
}

impl KeySet {
    /// Keys of all three encryption types from a password: two runs of PBKDF2, about 1.5 ms.
    #[must_use]
    pub fn from_password(version: u32, password: &str, salt: &str) -> Self {
        let aes = |etype| string_to_key(etype, password, salt, DEFAULT_ITERATIONS);
        let keys = [
            aes(Etype::Aes256CtsHmacSha196),
            aes(Etype::Aes128CtsHmacSha196),
            nt_hash(password),
        ];
        Self::from_keys(version, salt, keys)
    }

    /// Random keys of all three encryption types, as a long random password gives them.
    #[must_use]
    pub fn generate(version: u32, rng: &mut dyn CryptoRng) -> Self {
        let keys = Etype::ALL.map(|etype| Key::generate(etype, rng));
        Self::from_keys(version, "", keys)
    }

    /// Keys that are known. Of two with the same encryption type the later one counts.
    #[must_use]
    pub fn from_keys(version: u32, salt: &str, keys: impl IntoIterator<Item = Key>) -> Self {
        let mut set = Self {
            version,
            salt: salt.into(),
            keys: [None, None, None],
        };
        for key in keys {
            if let Some(slot) = set.keys.get_mut(slot(key.etype())) {
                *slot = Some(key);
            }
        }
        set
    }

    /// The key of an encryption type.
    #[must_use]
    pub fn key(&self, etype: Etype) -> Option<&Key> {
        self.keys.get(slot(etype))?.as_ref()
    }

    /// The keys, strongest first.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().flatten()
    }

    /// The strongest key there is.
    #[must_use]
    pub fn strongest(&self) -> Option<&Key> {
        self.iter().next()
    }
}

/// The keys of an account: those of the current password and of earlier ones.
#[derive(Clone, Debug)]
pub struct KeyRing {
    current: KeySet,
    /// Newest first.
    previous: Vec<KeySet>,
}

impl KeyRing {
    /// A ring without history.
    #[must_use]
    pub fn new(current: KeySet) -> Self {
        Self {
            current,
            previous: Vec::new(),
        }
    }

    /// The keys of the current password.
    #[must_use]
    pub fn current(&self) -> &KeySet {
        &self.current
    }

    /// The keys of earlier passwords, newest first.
    #[must_use]
    pub fn previous(&self) -> &[KeySet] {
        &self.previous
    }

    /// The ring after a change of the password: at most `keep` earlier ones stay.
    #[must_use]
    pub fn rotated(&self, next: KeySet, keep: usize) -> Self {
        let previous = std::iter::once(self.current.clone()).chain(self.previous.iter().cloned());
        Self {
            current: next,
            previous: previous.take(keep).collect(),
        }
    }

    /// Current keys, then earlier ones.
    pub fn sets(&self) -> impl Iterator<Item = &KeySet> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

const fn slot(etype: Etype) -> usize {
    match etype {
        Etype::Aes256CtsHmacSha196 => 0,
        Etype::Aes128CtsHmacSha196 => 1,
        Etype::Rc4Hmac => 2,
    }
}
