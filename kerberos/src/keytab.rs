//! Keytabs: files of long-term keys, format version 2 of MIT (`keytab_file_format`), big endian.
//!
//! The file begins with `05 02`. Each record has its size in 32 signed bits: a negative size is a hole left by a
//! deleted entry, 0 ends the file. The version of a key is 8 bits, and 32 bits in a field at the end of the record,
//! which wins: only there fits the key version of a read-only domain controller.

use crate::KerberosTime;
use crate::crypto::Key;
pub use crate::octets::{FormatError, LimitError};
use crate::octets::{Reader, Writer};
use crate::wire::{EncryptionKey, KerberosText, Kvno, NameType, PrincipalName, Realm};

const FORMAT: &str = "keytab";
const VERSION: [u8; 2] = [5, 2];
/// The smallest record: no components, empty realm, empty key.
const SMALLEST_RECORD: usize = 2 + 2 + 4 + 4 + 1 + 2 + 2;

/// The entries of a keytab in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keytab {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// One key of one principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The realm of the principal.
    pub realm: Realm,
    /// The name of the principal.
    pub name: PrincipalName,
    /// When the entry was written. The file has 32 bits for it: 1970 to 2106.
    pub written: KerberosTime,
    /// The version of the key.
    pub kvno: Kvno,
    /// The key.
    pub key: EncryptionKey,
}

impl Keytab {
    /// Reads a keytab. Holes are skipped.
    ///
    /// # Errors
    ///
    /// Where the file is no keytab of version 2: the octet, what should stand there and what does.
    pub fn read(octets: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(FORMAT, octets);
        let version = reader.take(2, "the version")?;
        if version != VERSION {
            return Err(reader.wrong(0, "version 05 02", format!("{version:02x?}")));
        }
        let mut entries = Vec::new();
        while !reader.is_empty() {
            let size = reader.i32("the size of a record")?;
            match usize::try_from(size) {
                Ok(0) => break,
                Ok(size) => entries.push(Entry::read(reader.part(size, "a record")?)?),
                Err(_) => {
                    reader.take(size.unsigned_abs() as usize, "a hole")?;
                }
            }
        }
        Ok(Self { entries })
    }

    /// Writes the keytab, always with key versions of 32 bits.
    ///
    /// # Errors
    ///
    /// A name, a key or an encryption type does not fit the field the format has for it.
    pub fn write(&self) -> Result<Vec<u8>, LimitError> {
        let mut writer = Writer::new(FORMAT);
        writer.put(&VERSION);
        for entry in &self.entries {
            let mut record = Writer::new(FORMAT);
            entry.write(&mut record)?;
            let size = i32::try_from(record.out.len()).map_err(|_| {
                record.limit(
                    "record",
                    i32::MAX.into(),
                    i64::try_from(record.out.len()).unwrap_or(i64::MAX),
                )
            })?;
            writer.i32(size);
            writer.put(&record.out);
        }
        Ok(writer.out)
    }

    /// The entry of a principal for an encryption type, of a key version or else of the newest one. Name types do
    /// not count, realms compare octet by octet.
    pub fn find(
        &self,
        realm: &Realm,
        name: &PrincipalName,
        etype: i32,
        kvno: Option<Kvno>,
    ) -> Option<&Entry> {
        let fits = |entry: &&Entry| {
            entry.realm == *realm
                && entry.name.components == name.components
                && entry.key.keytype == etype
                && kvno.is_none_or(|kvno| entry.kvno == kvno)
        };
        self.entries.iter().filter(fits).max_by_key(|entry| entry.kvno)
    }

    /// Adds a key of a principal.
    pub fn add(&mut self, realm: Realm, name: PrincipalName, kvno: Kvno, key: &Key, written: KerberosTime) {
        self.entries.push(Entry {
            realm,
            name,
            written,
            kvno,
            key: key.into(),
        });
    }
}

impl Entry {
    fn read(mut record: Reader<'_>) -> Result<Self, FormatError> {
        if record.remaining() < SMALLEST_RECORD {
            let got = format!("{} octets", record.remaining());
            return Err(record.wrong(
                record.offset(),
                format!("a record of at least {SMALLEST_RECORD} octets"),
                got,
            ));
        }
        let count = record.u16("the number of components")?;
        let realm = Realm::from(record.counted16("the realm")?);
        let components = (0..count)
            .map(|_| {
                record
                    .counted16("a component of the name")
                    .map(KerberosText::from)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let name_type = NameType(record.i32("the name type")?);
        let written = KerberosTime::from_unix_seconds(record.u32("the time of writing")?.into());
        let short_kvno = record.u8("the key version")?;
        let etype = record.u16("the encryption type")?.cast_signed();
        let key = EncryptionKey::new(etype.into(), record.counted16("the key")?);
        let long_kvno = if record.remaining() >= 4 {
            record.u32("the 32-bit key version")?
        } else {
            0
        };
        let kvno = Kvno(if long_kvno == 0 {
            short_kvno.into()
        } else {
            long_kvno
        });
        // what follows is left to later versions of the format, as MIT does
        Ok(Self {
            realm,
            name: PrincipalName {
                name_type,
                components,
            },
            written,
            kvno,
            key,
        })
    }

    fn write(&self, record: &mut Writer) -> Result<(), LimitError> {
        record.count16(self.name.components.len(), "number of components")?;
        record.counted16(self.realm.as_bytes(), "realm")?;
        for component in &self.name.components {
            record.counted16(component.as_bytes(), "component")?;
        }
        record.i32(self.name.name_type.0);
        record.time(self.written);
        record.u8((self.kvno.0 & 0xff) as u8);
        record.etype(self.key.keytype)?;
        record.counted16(self.key.expose(), "key")?;
        record.u32(self.kvno.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::Etype;

    /// The RC4 key of RODC 21463 in version 1203, written on 2026-11-23 08:00:00.
    const RODC: &str = "0502 00000047 0002 000c434f52502e4558414d504c45 00066b7262746774 \
                        000c434f52502e4558414d504c45 00000002 6b03f280 b3 0017 \
                        001011111111111111111111111111111111 53d704b3";

    fn rodc_entry() -> Entry {
        Entry {
            realm: "CORP.EXAMPLE".into(),
            name: PrincipalName::krbtgt("CORP.EXAMPLE"),
            written: KerberosTime::from_unix_seconds(1_795_420_800),
            kvno: Kvno::new(21463, 1203),
            key: EncryptionKey::from(&Key::new(Etype::Rc4Hmac, &[0x11; 16]).unwrap()),
        }
    }

    fn file_of(entry: &Entry) -> Vec<u8> {
        Keytab {
            entries: vec![entry.clone()],
        }
        .write()
        .unwrap()
    }

    #[test]
    fn the_layout_of_a_record() {
        let file = hex::decode(RODC.replace(' ', "")).unwrap();
        assert_eq!(hex::encode(file_of(&rodc_entry())), hex::encode(&file));
        assert_eq!(
            Keytab::read(&file),
            Ok(Keytab {
                entries: vec![rodc_entry()]
            })
        );
    }

    #[test]
    fn without_a_long_version_the_short_one_counts() {
        let mut file = file_of(&rodc_entry());
        file.truncate(file.len() - 4);
        let size = u32::try_from(file.len() - 6).unwrap();
        file[2..6].copy_from_slice(&size.to_be_bytes());
        assert_eq!(Keytab::read(&file).unwrap().entries[0].kvno, Kvno(0xb3));
    }

    #[test]
    fn holes_are_skipped_and_zero_ends() {
        let entry = rodc_entry();
        let record = &file_of(&entry)[2..];
        let hole = [(-3i32).to_be_bytes().as_slice(), b"xyz"].concat();
        let file = [&VERSION[..], &hole, record, &hole, record, &[0; 4], b"rest"].concat();
        assert_eq!(Keytab::read(&file).unwrap().entries, [entry.clone(), entry]);
        assert_eq!(Keytab::read(&VERSION), Ok(Keytab::default()));
    }

    #[test]
    fn faults_are_located() {
        let file = file_of(&rodc_entry());
        let at = |octets: &[u8]| Keytab::read(octets).unwrap_err().offset;
        assert_eq!(at(b"\x05"), 0);
        assert_eq!(at(b"\x05\x01"), 0);
        assert_eq!(at(b"\x05\x02\x00"), 2);
        assert_eq!(at(&file[..file.len() - 1]), 6);
        assert_eq!(at(b"\x05\x02\x80\x00\x00\x00"), 6);
        assert_eq!(at(b"\x05\x02\x00\x00\x00\x01\x00"), 6);
        let error = Keytab::read(b"\x05\x02\x00\x00\x00\x11\x00\x01\x00\x20aaaaaaaaaaaaa").unwrap_err();
        assert_eq!(
            error.to_string(),
            "keytab, octet 10: expected 32 octets of the realm, got 13 octets up to the end"
        );
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let mut entry = rodc_entry();
        entry.realm = "R".repeat(65_536).into();
        let refused = Keytab { entries: vec![entry] }.write().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "keytab: realm can be at most 65535, got 65536"
        );
    }

    #[test]
    fn the_newest_key_unless_a_version_is_asked_for() {
        let (old, new) = (
            Entry {
                kvno: Kvno(1),
                ..rodc_entry()
            },
            Entry {
                kvno: Kvno(2),
                ..rodc_entry()
            },
        );
        let keytab = Keytab {
            entries: vec![new.clone(), old.clone()],
        };
        let find = |kvno| {
            keytab.find(
                &"CORP.EXAMPLE".into(),
                &PrincipalName::krbtgt("CORP.EXAMPLE"),
                23,
                kvno,
            )
        };
        assert_eq!(find(None), Some(&new));
        assert_eq!(find(Some(Kvno(1))), Some(&old));
        assert_eq!(find(Some(Kvno(3))), None);
    }

    fn entries() -> impl Strategy<Value = Entry> {
        let name = (any::<i32>(), vec(".{0,9}", 0..4))
            .prop_map(|(kind, parts)| PrincipalName::new(NameType(kind), parts));
        let key = (any::<i16>(), vec(any::<u8>(), 0..40))
            .prop_map(|(etype, octets)| EncryptionKey::new(etype.into(), &octets));
        (".{0,9}", name, any::<u32>(), any::<u32>(), key).prop_map(|(realm, name, written, kvno, key)| {
            Entry {
                realm: realm.into(),
                name,
                written: KerberosTime::from_unix_seconds(written.into()),
                kvno: Kvno(kvno),
                key,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in vec(entries(), 0..5)) {
            let keytab = Keytab { entries };
            prop_assert_eq!(Keytab::read(&keytab.write().unwrap()), Ok(keytab));
        }

        #[test]
        fn arbitrary_octets_never_panic(octets in vec(any::<u8>(), 0..200), entry in entries(), at: prop::sample::Index) {
            let _ = Keytab::read(&[&VERSION[..], &octets].concat());
            let mut file = file_of(&entry);
            *at.get_mut(&mut file) ^= 0x80;
            let _ = Keytab::read(&file);
            let _ = Keytab::read(&file[..at.index(file.len())]);
        }
    }
}
