//! A key and everything it derives.

use core::fmt;
use core::ops::Deref;
use std::sync::{Arc, OnceLock};

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::aes_sha1::{self, AesKey, HmacSha1};
use super::rc4_hmac::{self, HmacMd5};
use super::{ChecksumType, CryptoError, Etype, KeyUsage};

/// A Kerberos key. Clones share the octets and the derived keys; the octets and the AES schedules are wiped when the
/// last clone goes. `Debug` shows the etype only, and comparison takes the same time wherever the keys differ.
#[derive(Clone)]
pub struct Key(Arc<Shared>);

struct Shared {
    etype: Etype,
    octets: Zeroizing<[u8; 32]>,
    /// The key itself as an AES key, which only derivation needs.
    base: OnceLock<AesKey>,
    derived: OnceLock<Box<Slot>>,
}

impl Key {
    /// A key from its octets.
    pub fn new(etype: Etype, octets: &[u8]) -> Result<Self, CryptoError> {
        let expected = etype.key_length();
        if octets.len() != expected {
            return Err(CryptoError::KeyLength {
                etype,
                expected,
                got: octets.len(),
            });
        }
        let mut own = Zeroizing::new([0; 32]);
        own[..expected].copy_from_slice(octets);
        Ok(Self::from_padded(etype, own))
    }

    /// A random key.
    pub fn generate(etype: Etype, rng: &mut dyn CryptoRng) -> Self {
        let mut octets = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut octets[..etype.key_length()]);
        Self::from_padded(etype, octets)
    }

    fn from_padded(etype: Etype, octets: Zeroizing<[u8; 32]>) -> Self {
        Self(Arc::new(Shared {
            etype,
            octets,
            base: OnceLock::new(),
            derived: OnceLock::new(),
        }))
    }

    /// The encryption type.
    pub fn etype(&self) -> Etype {
        self.0.etype
    }

    /// The octets: 16 or 32. Named so that every use is easy to find.
    pub fn expose(&self) -> &[u8] {
        &self.0.octets[..self.0.etype.key_length()]
    }

    /// Encrypts under a usage, with a confounder from `rng`. The result has [`Etype::overhead`] octets more.
    pub fn encrypt(&self, usage: KeyUsage, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
        match self.derived(Purpose::Cipher(usage)) {
            Derived::AesCipher(keys) => keys.encrypt(plaintext, rng),
            Derived::Rc4Cipher(keys) => keys.encrypt(plaintext, rng),
            Derived::AesChecksum(_) | Derived::Rc4Checksum(_) => {
                unreachable!("slots are looked up by purpose")
            }
        }
    }

    /// Decrypts and verifies. AES plaintexts come back as they went in; other implementations may have padded theirs.
    pub fn decrypt(&self, usage: KeyUsage, ciphertext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let etype = self.etype();
        let (minimum, got) = (etype.overhead(), ciphertext.len());
        if got < minimum {
            return Err(CryptoError::TooShort { etype, minimum, got });
        }
        let plaintext = match self.derived(Purpose::Cipher(usage)) {
            Derived::AesCipher(keys) => keys.decrypt(ciphertext),
            Derived::Rc4Cipher(keys) => keys.decrypt(ciphertext),
            Derived::AesChecksum(_) | Derived::Rc4Checksum(_) => {
                unreachable!("slots are looked up by purpose")
            }
        };
        plaintext.ok_or(CryptoError::IntegrityCheckFailed { etype, usage })
    }

    /// The checksum type [`Self::checksum`] makes.
    pub fn checksum_type(&self) -> ChecksumType {
        self.etype().checksum_type()
    }

    /// The keyed checksum of the etype over `data`.
    pub fn checksum(&self, usage: KeyUsage, data: &[u8]) -> Checksum {
        match self.derived(Purpose::Checksum(usage)) {
            Derived::AesChecksum(key) => Checksum::from_octets(&aes_sha1::mac96(key, data)),
            Derived::Rc4Checksum(key) => Checksum::from_octets(&rc4_hmac::checksum(key, usage, data)),
            Derived::AesCipher(_) | Derived::Rc4Cipher(_) => unreachable!("slots are looked up by purpose"),
        }
    }

    /// Compares the checksum over `data` with `expected`, in time that does not depend on where they differ.
    pub fn verify_checksum(&self, usage: KeyUsage, data: &[u8], expected: &[u8]) -> Result<(), CryptoError> {
        let checksum_type = self.checksum_type();
        if expected.len() != checksum_type.length() {
            let (expected, got) = (checksum_type.length(), expected.len());
            return Err(CryptoError::ChecksumLength {
                checksum_type,
                expected,
                got,
            });
        }
        if bool::from(self.checksum(usage, data).ct_eq(expected)) {
            Ok(())
        } else {
            Err(CryptoError::ChecksumMismatch { checksum_type, usage })
        }
    }

    /// The derived key for a purpose, derived now if this is the first time.
    fn derived(&self, purpose: Purpose) -> &Derived {
        let purpose = match (self.etype(), purpose) {
            // -138 signs with one key whatever the usage is
            (Etype::Rc4Hmac, Purpose::Checksum(_)) => Purpose::Checksum(KeyUsage(0)),
            _ => purpose,
        };
        let mut place = &self.0.derived;
        loop {
            let slot = place.get_or_init(|| {
                Box::new(Slot {
                    purpose,
                    derived: self.0.derive(purpose),
                    next: OnceLock::new(),
                })
            });
            if slot.purpose == purpose {
                return &slot.derived;
            }
            place = &slot.next;
        }
    }
}

impl Shared {
    fn derive(&self, purpose: Purpose) -> Derived {
        let octets = &self.octets[..self.etype.key_length()];
        let base = || self.base.get_or_init(|| AesKey::new(octets));
        match (self.etype, purpose) {
            (Etype::Rc4Hmac, Purpose::Cipher(usage)) => {
                Derived::Rc4Cipher(rc4_hmac::CipherKeys::derive(octets, usage))
            }
            (Etype::Rc4Hmac, Purpose::Checksum(_)) => Derived::Rc4Checksum(rc4_hmac::signing_key(octets)),
            (_, Purpose::Cipher(usage)) => Derived::AesCipher(aes_sha1::CipherKeys::derive(base(), usage.0)),
            (_, Purpose::Checksum(usage)) => Derived::AesChecksum(aes_sha1::checksum_key(base(), usage.0)),
        }
    }
}

/// One derived key and the place of the next. A key meets a handful of usages in its life, so a list that is only
/// ever appended to is found through faster than any map, and needs no lock to read.
struct Slot {
    purpose: Purpose,
    derived: Derived,
    next: OnceLock<Box<Self>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Cipher(KeyUsage),
    Checksum(KeyUsage),
}

#[expect(clippy::large_enum_variant, reason = "it lives in a boxed slot")]
enum Derived {
    AesCipher(aes_sha1::CipherKeys),
    AesChecksum(HmacSha1),
    Rc4Cipher(rc4_hmac::CipherKeys),
    Rc4Checksum(HmacMd5),
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.etype() == other.etype() && bool::from(self.expose().ct_eq(other.expose()))
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.etype())
    }
}

/// The octets of a checksum: 12 or 16, without an allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    octets: [u8; 16],
    length: u8,
}

impl Checksum {
    fn from_octets<const N: usize>(octets: &[u8; N]) -> Self {
        const { assert!(N <= 16) };
        let mut own = [0; 16];
        own[..N].copy_from_slice(octets);
        Self {
            octets: own,
            length: N as u8,
        }
    }

    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

impl Deref for Checksum {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for Checksum {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl From<Checksum> for Vec<u8> {
    fn from(checksum: Checksum) -> Self {
        checksum.as_slice().to_vec()
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checksum(")?;
        self.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
        f.write_str(")")
    }
}
