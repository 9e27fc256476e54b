//! Credential caches: files of tickets with their session keys, format versions 4 and 3 of MIT
//! (`ccache_file_format`), big endian. Version 3 is only read.

use crate::KerberosTime;
pub use crate::octets::{FormatError, LimitError};
use crate::octets::{Reader, Writer};
use crate::wire::{EncryptionKey, KerberosText, NameType, PrincipalName, Realm, TicketFlags};

const FORMAT: &str = "ccache";
const VERSION_4: [u8; 2] = [5, 4];
const VERSION_3: [u8; 2] = [5, 3];
/// The header field with the difference to the KDC's clock.
const TAG_KDC_OFFSET: u16 = 1;
/// The realm of entries that are settings, not tickets.
const CONFIG_REALM: &str = "X-CACHECONF:";
/// The first component of their name.
const CONFIG_NAME: &str = "krb5_ccache_conf_data";

/// A cache: whose it is, and its credentials in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ccache {
    /// The fields of the header; version 3 has none.
    pub header: Vec<HeaderField>,
    /// Whose credentials these are.
    pub principal: Principal,
    /// Tickets, and settings as entries of a realm of their own: see [`Ccache::config`].
    pub credentials: Vec<Credential>,
}

/// A field of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderField {
    /// How far the KDC's clock is ahead of the client's.
    KdcOffset {
        /// Whole seconds.
        seconds: i32,
        /// Microseconds on top.
        micros: i32,
    },
    /// A field of another tag, kept as it is.
    Unknown {
        /// Its tag.
        tag: u16,
        /// Its contents.
        octets: Vec<u8>,
    },
}

/// A name and its realm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// The realm.
    pub realm: Realm,
    /// The name.
    pub name: PrincipalName,
}

/// A ticket and what its client needs to use it. Times have 32 bits in the file: 1970 to 2106.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whom the ticket names.
    pub client: Principal,
    /// Which service it is for.
    pub server: Principal,
    /// The session key.
    pub key: EncryptionKey,
    /// When the client authenticated.
    pub auth_time: KerberosTime,
    /// From when the ticket is valid.
    pub start_time: KerberosTime,
    /// Until when it is valid.
    pub end_time: KerberosTime,
    /// Until when it can be renewed; the epoch if it cannot.
    pub renew_till: KerberosTime,
    /// Whether the ticket is encrypted in the session key of `second_ticket` (user to user).
    pub is_session_key: bool,
    /// The flags of the ticket.
    pub flags: TicketFlags,
    /// The addresses the ticket is bound to.
    pub addresses: Vec<TypedOctets>,
    /// Authorization data the client knows of.
    pub authorization_data: Vec<TypedOctets>,
    /// The DER of the ticket.
    pub ticket: Vec<u8>,
    /// The DER of a second ticket, empty if there is none.
    pub second_ticket: Vec<u8>,
}

/// An address or an element of authorization data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedOctets {
    /// The number of its type. The file has 16 bits for it, without a sign.
    pub kind: i32,
    /// Its contents.
    pub octets: Vec<u8>,
}

impl Ccache {
    /// An empty cache of a principal, with the clock difference of 0 that MIT writes.
    pub fn new(principal: Principal) -> Self {
        let header = vec![HeaderField::KdcOffset {
            seconds: 0,
            micros: 0,
        }];
        Self {
            header,
            principal,
            credentials: Vec::new(),
        }
    }

    /// Reads a cache of version 4 or 3.
    ///
    /// # Errors
    ///
    /// Where the file is no such cache: the octet, what should stand there and what does.
    pub fn read(octets: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(FORMAT, octets);
        let version = reader.take(2, "the version")?;
        let repeated_etype = match version {
            _ if version == VERSION_4 => false,
            _ if version == VERSION_3 => true,
            other => return Err(reader.wrong(0, "version 05 04 or 05 03", format!("{other:02x?}"))),
        };
        let header = if repeated_etype {
            Vec::new()
        } else {
            read_header(&mut reader)?
        };
        let principal = Principal::read(&mut reader)?;
        let mut credentials = Vec::new();
        while !reader.is_empty() {
            credentials.push(Credential::read(&mut reader, repeated_etype)?);
        }
        Ok(Self {
            header,
            principal,
            credentials,
        })
    }

    /// Writes a cache of version 4.
    ///
    /// # Errors
    ///
    /// A field does not fit the octets that the format has for it.
    pub fn write(&self) -> Result<Vec<u8>, LimitError> {
        let mut writer = Writer::new(FORMAT);
        writer.put(&VERSION_4);
        let mut header = Writer::new(FORMAT);
        for field in &self.header {
            field.write(&mut header)?;
        }
        writer.counted16(&header.out, "header")?;
        self.principal.write(&mut writer)?;
        for credential in &self.credentials {
            credential.write(&mut writer)?;
        }
        Ok(writer.out)
    }

    /// The tickets: all credentials but the settings.
    pub fn tickets(&self) -> impl Iterator<Item = &Credential> {
        self.credentials
            .iter()
            .filter(|credential| !credential.is_config())
    }

    /// A setting of the cache, or of one principal in it: `config("pa_type", Some("krbtgt/R@R"))`.
    pub fn config(&self, key: &str, principal: Option<&str>) -> Option<&[u8]> {
        let name = config_name(key, principal);
        let fits = |c: &&Credential| c.is_config() && c.server.name.components == name.components;
        self.credentials
            .iter()
            .rfind(fits)
            .map(|credential| credential.ticket.as_slice())
    }

    /// Sets a setting, which replaces an earlier value.
    pub fn set_config(&mut self, key: &str, principal: Option<&str>, value: &[u8]) {
        let name = config_name(key, principal);
        self.credentials
            .retain(|c| !(c.is_config() && c.server.name.components == name.components));
        self.credentials.push(Credential {
            client: self.principal.clone(),
            server: Principal {
                realm: CONFIG_REALM.into(),
                name,
            },
            key: EncryptionKey::new(0, &[]),
            auth_time: KerberosTime::UNIX_EPOCH,
            start_time: KerberosTime::UNIX_EPOCH,
            end_time: KerberosTime::UNIX_EPOCH,
            renew_till: KerberosTime::UNIX_EPOCH,
            is_session_key: false,
            flags: TicketFlags::empty(),
            addresses: Vec::new(),
            authorization_data: Vec::new(),
            ticket: value.to_vec(),
            second_ticket: Vec::new(),
        });
    }
}

fn config_name(key: &str, principal: Option<&str>) -> PrincipalName {
    PrincipalName::new(NameType::UNKNOWN, [CONFIG_NAME, key].into_iter().chain(principal))
}

fn read_header(reader: &mut Reader<'_>) -> Result<Vec<HeaderField>, FormatError> {
    let length = reader.u16("the length of the header")?;
    let mut part = reader.part(length.into(), "the header")?;
    let mut fields = Vec::new();
    while !part.is_empty() {
        let tag = part.u16("the tag of a header field")?;
        let at = part.offset();
        let octets = part.counted16("a header field")?;
        fields.push(match (tag, octets) {
            (TAG_KDC_OFFSET, &[a, b, c, d, e, f, g, h]) => HeaderField::KdcOffset {
                seconds: i32::from_be_bytes([a, b, c, d]),
                micros: i32::from_be_bytes([e, f, g, h]),
            },
            (TAG_KDC_OFFSET, _) => {
                return Err(part.wrong(
                    at,
                    "8 octets of clock difference",
                    format!("{} octets", octets.len()),
                ));
            }
            _ => HeaderField::Unknown {
                tag,
                octets: octets.to_vec(),
            },
        });
    }
    Ok(fields)
}

impl HeaderField {
    fn write(&self, header: &mut Writer) -> Result<(), LimitError> {
        match self {
            Self::KdcOffset { seconds, micros } => {
                header.u16(TAG_KDC_OFFSET);
                header.u16(8);
                header.i32(*seconds);
                header.i32(*micros);
                Ok(())
            }
            Self::Unknown { tag, octets } => {
                header.u16(*tag);
                header.counted16(octets, "header field")
            }
        }
    }
}

impl Principal {
    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        let name_type = NameType(reader.i32("the name type")?);
        let count = reader.u32("the number of components")?;
        let realm = Realm::from(reader.counted32("the realm")?);
        // not reserved ahead: a count of four milliards must fail at the end of the file, not in the allocator
        let components = (0..count)
            .map(|_| {
                reader
                    .counted32("a component of the name")
                    .map(KerberosText::from)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            realm,
            name: PrincipalName {
                name_type,
                components,
            },
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), LimitError> {
        writer.i32(self.name.name_type.0);
        writer.count32(self.name.components.len(), "number of components")?;
        writer.counted32(self.realm.as_bytes(), "realm")?;
        self.name
            .components
            .iter()
            .try_for_each(|part| writer.counted32(part.as_bytes(), "component"))
    }
}

impl Credential {
    /// Whether this is a setting of the cache and no ticket.
    pub fn is_config(&self) -> bool {
        self.server.realm == CONFIG_REALM
            && self
                .server
                .name
                .components
                .first()
                .is_some_and(|first| *first == CONFIG_NAME)
    }

    fn read(reader: &mut Reader<'_>, repeated_etype: bool) -> Result<Self, FormatError> {
        let client = Principal::read(reader)?;
        let server = Principal::read(reader)?;
        let etype = reader.u16("the encryption type")?.cast_signed();
        if repeated_etype {
            reader.u16("the encryption type again")?;
        }
        let key = EncryptionKey::new(etype.into(), reader.counted32("the key")?);
        let mut time = |what| {
            reader
                .u32(what)
                .map(|seconds| KerberosTime::from_unix_seconds(seconds.into()))
        };
        Ok(Self {
            client,
            server,
            key,
            auth_time: time("the time of authentication")?,
            start_time: time("the start time")?,
            end_time: time("the end time")?,
            renew_till: time("the time of the last renewal")?,
            is_session_key: reader.u8("whether it is a session key")? != 0,
            flags: TicketFlags::from_bits_retain(reader.u32("the flags")?),
            addresses: TypedOctets::read_all(reader, "an address")?,
            authorization_data: TypedOctets::read_all(reader, "authorization data")?,
            ticket: reader.counted32("the ticket")?.to_vec(),
            second_ticket: reader.counted32("the second ticket")?.to_vec(),
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), LimitError> {
        self.client.write(writer)?;
        self.server.write(writer)?;
        writer.etype(self.key.keytype)?;
        writer.counted32(self.key.expose(), "key")?;
        for time in [self.auth_time, self.start_time, self.end_time, self.renew_till] {
            writer.time(time);
        }
        writer.u8(self.is_session_key.into());
        writer.u32(self.flags.bits());
        TypedOctets::write_all(&self.addresses, writer, "address")?;
        TypedOctets::write_all(&self.authorization_data, writer, "authorization data")?;
        writer.counted32(&self.ticket, "ticket")?;
        writer.counted32(&self.second_ticket, "second ticket")
    }
}

impl TypedOctets {
    fn read_all(reader: &mut Reader<'_>, what: &str) -> Result<Vec<Self>, FormatError> {
        let count = reader.u32(what)?;
        (0..count)
            .map(|_| {
                Ok(Self {
                    kind: reader.u16(what)?.into(),
                    octets: reader.counted32(what)?.to_vec(),
                })
            })
            .collect()
    }

    fn write_all(all: &[Self], writer: &mut Writer, field: &'static str) -> Result<(), LimitError> {
        writer.count32(all.len(), field)?;
        all.iter().try_for_each(|one| {
            let kind =
                u16::try_from(one.kind).map_err(|_| writer.limit(field, u16::MAX.into(), one.kind.into()))?;
            writer.u16(kind);
            writer.counted32(&one.octets, field)
        })
    }
}

#[cfg(test)]
mod tests;
