//! The key of a real Kerberos server object, from a file that nobody but its owner can read.
//!
//! Either a keytab, as `samba-tool domain exportkeytab` writes it, or TOML:
//!
//! ```toml
//! realm = "LAB.TEST"
//! number = 21463        # Id of Get-AzureADKerberosServer
//! version = 1203        # KeyVersion
//! aes256 = "…"          # 64 hexadecimal digits
//! ```

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use kerberos::crypto::{Etype, Key};
use kerberos::keytab::{Entry, Keytab};
use kerberos::wire::Kvno;
use zeroize::Zeroizing;

/// A file of keys is small; what is larger is another file.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The key of a Kerberos server object and what tells it apart.
#[derive(Clone, Debug)]
pub(crate) struct ServerKey {
    /// The realm it belongs to, in upper case.
    pub(crate) realm: String,
    /// Key number and version, as tickets carry them.
    pub(crate) kvno: Kvno,
    /// The key. Its `Debug` shows nothing of it.
    pub(crate) key: Key,
}

/// Why a file gives no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// It cannot be opened or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is a directory, a pipe or a device.
    #[error("expected a regular file")]
    NotAFile,
    /// Others than its owner may read or change it.
    #[error("others can read or change this file (mode {0:04o}): expected 0600, so chmod 600 it")]
    Exposed(u32),
    /// The system has no modes by which to tell who can read it.
    #[cfg(not(unix))]
    #[error("who can read this file cannot be told on this system, so it is not used")]
    Untold,
    /// It is neither a keytab nor a key file. The reader's own words are left out: they quote the file.
    #[error("expected a keytab, or TOML with realm, number, version and aes256 (64 hexadecimal digits)")]
    Format,
    /// Nothing in the keytab is the key of a read-only DC.
    #[error(
        "expected an AES-256 key of krbtgt_NUMBER, or one of krbtgt with the number in the upper half of its version; the \
         keytab has none"
    )]
    NoServerKey,
    /// The keytab has keys of more than one.
    #[error("expected the key of one Kerberos server object, found those of numbers {0} and {1}")]
    Several(u16, u16),
}

impl ServerKey {
    /// Reads the file. Of several versions of the key it takes the newest.
    ///
    /// # Errors
    /// See [`KeyError`]; none of them shows what the file holds.
    pub(crate) fn read(path: &Path) -> Result<Self, KeyError> {
        let mut file = File::open(path)?;
        refuse_exposed(&file)?;
        let mut octets = Zeroizing::new(Vec::new());
        Read::by_ref(&mut file)
            .take(FILE_BYTES_MAX)
            .read_to_end(&mut octets)?;
        if octets.first() == Some(&KEYTAB_MARK) {
            let keytab = Keytab::read(&octets).map_err(|_| KeyError::Format)?;
            return Self::of_keytab(&keytab);
        }
        Self::of_text(&octets).ok_or(KeyError::Format)
    }

    fn of_keytab(keytab: &Keytab) -> Result<Self, KeyError> {
        let mut newest: Option<Self> = None;
        for found in keytab.entries.iter().filter_map(Self::of_entry) {
            match &newest {
                Some(known) if known.kvno.rodc_number() != found.kvno.rodc_number() => {
                    return Err(KeyError::Several(
                        known.kvno.rodc_number(),
                        found.kvno.rodc_number(),
                    ));
                }
                Some(known) if known.kvno.version() >= found.kvno.version() => {}
                _ => newest = Some(found),
            }
        }
        newest.ok_or(KeyError::NoServerKey)
    }

    /// The number stands in the name of the account, in the version of the key, or in both.
    fn of_entry(entry: &Entry) -> Option<Self> {
        let name = entry.name.to_string().to_ascii_lowercase();
        let account = name.split('/').next()?;
        let by_name = account.strip_prefix("krbtgt_").map(str::parse::<u16>);
        let number = match by_name {
            Some(number) => number.ok()?,
            None if account == "krbtgt" => entry.kvno.rodc_number(),
            None => return None,
        };
        let key = entry.key.to_key().ok()?;
        let fits = number != 0 && key.etype() == Etype::Aes256CtsHmacSha196;
        fits.then(|| Self {
            realm: entry.realm.to_text().to_uppercase(),
            kvno: Kvno::new(number, entry.kvno.version()),
            key,
        })
    }

    fn of_text(octets: &[u8]) -> Option<Self> {
        let file: KeyFile = toml::from_str(std::str::from_utf8(octets).ok()?).ok()?;
        let digits = Zeroizing::new(file.aes256);
        let aes256 = Zeroizing::new(hex::decode(&*digits).ok()?);
        let key = Key::new(Etype::Aes256CtsHmacSha196, &aes256).ok()?;
        // a ticket carries the lower half of the version
        let version = (file.version & 0xFFFF) as u16;
        (file.number != 0).then(|| Self {
            realm: file.realm.to_uppercase(),
            kvno: Kvno::new(file.number, version),
            key,
        })
    }
}

/// The first octet of every keytab.
const KEYTAB_MARK: u8 = 5;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    realm: String,
    number: u16,
    version: u32,
    aes256: String,
}

/// Looks at the open file, so that no other can be put in its place.
#[cfg(unix)]
fn refuse_exposed(file: &File) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(KeyError::NotAFile);
    }
    match metadata.permissions().mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(KeyError::Exposed(mode)),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &File) -> Result<(), KeyError> {
    Err(KeyError::Untold)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use kerberos::KerberosTime;
    use kerberos::wire::PrincipalName;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn file(octets: &[u8], mode: u32) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(octets).unwrap();
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))
            .unwrap();
        file
    }

    fn keytab(entries: &[(&str, Kvno, Etype)]) -> Vec<u8> {
        let mut keytab = Keytab::default();
        for (name, kvno, etype) in entries {
            let key = Key::new(*etype, &KEY[..etype.key_length()]).unwrap();
            let name = PrincipalName::parse(name);
            keytab.add("LAB.TEST".into(), name, *kvno, &key, KerberosTime(0));
        }
        keytab.write().unwrap()
    }

    const AES: Etype = Etype::Aes256CtsHmacSha196;

    fn read(octets: &[u8]) -> Result<(String, Kvno), KeyError> {
        let read = ServerKey::read(file(octets, 0o600).path())?;
        assert_eq!(read.key.expose(), KEY);
        assert!(!format!("{read:?}").contains("7, 7"), "Debug shows no key");
        Ok((read.realm, read.kvno))
    }

    #[test]
    fn a_keytab_gives_the_key_of_a_read_only_dc() {
        let wanted = ("LAB.TEST".to_owned(), Kvno::new(21463, 2));
        let by_name = keytab(&[
            ("krbtgt_21463", Kvno(1), AES),
            ("krbtgt_21463", Kvno(2), AES),
            ("krbtgt_21463", Kvno(3), Etype::Rc4Hmac),
        ]);
        assert_eq!(read(&by_name).unwrap(), wanted);
        let by_version = keytab(&[
            ("krbtgt/LAB.TEST", Kvno(2), AES),
            ("krbtgt/LAB.TEST", wanted.1, AES),
        ]);
        assert_eq!(read(&by_version).unwrap(), wanted);
    }

    #[test]
    fn a_keytab_with_none_or_several_is_refused() {
        let own = keytab(&[("krbtgt/LAB.TEST", Kvno(2), AES), ("cifs/fs01", Kvno(1), AES)]);
        assert!(matches!(read(&own), Err(KeyError::NoServerKey)));
        let two = keytab(&[("krbtgt_5", Kvno(1), AES), ("krbtgt_6", Kvno(1), AES)]);
        assert!(matches!(read(&two), Err(KeyError::Several(5, 6))));
    }

    #[test]
    fn a_key_file_gives_the_key() {
        let text = format!(
            "realm = \"lab.test\"\nnumber = 21463\nversion = 65538\naes256 = \"{}\"\n",
            hex::encode(KEY)
        );
        let read_text = read(text.as_bytes()).unwrap();
        assert_eq!(read_text, ("LAB.TEST".to_owned(), Kvno::new(21463, 2)));
        let short = text.replace("07\"", "\"");
        let error = read(short.as_bytes()).unwrap_err();
        assert!(matches!(error, KeyError::Format), "{error}");
        assert!(!error.to_string().contains("0707"), "an error quotes no key");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let octets = keytab(&[("krbtgt_21463", Kvno(1), AES)]);
        for (mode, fine) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o620, false),
        ] {
            let read = ServerKey::read(file(&octets, mode).path());
            assert_eq!(read.is_ok(), fine, "{mode:o}");
            assert!(fine || matches!(read, Err(KeyError::Exposed(found)) if found == mode));
        }
        assert!(matches!(
            ServerKey::read(Path::new("/dev/null")),
            Err(KeyError::NotAFile | KeyError::Exposed(_))
        ));
    }
}
