//! `KERB_VALIDATION_INFO`, MS-PAC section 2.5: who the user is and which groups the ticket claims.

use bitflags::bitflags;

use super::ndr::{NdrError, Reader, RpcString, StringHeader, Writer};
use crate::Timestamp;
use crate::sid::Sid;

/// The contents of the LOGON_INFO buffer (type 1). Field by field MS-PAC section 2.5, in its order.
///
/// [`LogonInfo::default`] is a PAC that claims nothing: empty strings, no groups, times that are not set except
/// those that are never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogonInfo {
    /// `LogonTime`.
    pub logon_time: FileTime,
    /// `LogoffTime`.
    pub logoff_time: FileTime,
    /// `KickOffTime`.
    pub kick_off_time: FileTime,
    /// `PasswordLastSet`.
    pub password_last_set: FileTime,
    /// `PasswordCanChange`.
    pub password_can_change: FileTime,
    /// `PasswordMustChange`.
    pub password_must_change: FileTime,
    /// `EffectiveName`: the sAMAccountName.
    pub effective_name: RpcString,
    /// `FullName`.
    pub full_name: RpcString,
    /// `LogonScript`.
    pub logon_script: RpcString,
    /// `ProfilePath`.
    pub profile_path: RpcString,
    /// `HomeDirectory`.
    pub home_directory: RpcString,
    /// `HomeDirectoryDrive`.
    pub home_directory_drive: RpcString,
    /// `LogonCount`.
    pub logon_count: u16,
    /// `BadPasswordCount`.
    pub bad_password_count: u16,
    /// `UserId`: the RID of the account.
    pub user_id: u32,
    /// `PrimaryGroupId`: the RID of its primary group.
    pub primary_group_id: u32,
    /// `GroupIds`: groups of the account's domain.
    pub groups: Vec<GroupMembership>,
    /// `UserFlags`.
    pub user_flags: UserFlags,
    /// `UserSessionKey`: zero for Kerberos.
    pub user_session_key: [u8; 16],
    /// `LogonServer`: NetBIOS name of the DC.
    pub logon_server: RpcString,
    /// `LogonDomainName`: NetBIOS name of the domain.
    pub logon_domain_name: RpcString,
    /// `LogonDomainId`: SID of the domain.
    pub logon_domain_id: Option<Sid>,
    /// `Reserved1`, zero.
    pub reserved1: [u32; 2],
    /// `UserAccountControl`: the bits of SAMR, not those of LDAP; 0x10 is a normal account.
    pub user_account_control: u32,
    /// `SubAuthStatus`.
    pub sub_auth_status: u32,
    /// `LastSuccessfulILogon`.
    pub last_successful_logon: FileTime,
    /// `LastFailedILogon`.
    pub last_failed_logon: FileTime,
    /// `FailedILogonCount`.
    pub failed_logon_count: u32,
    /// `Reserved3`, zero.
    pub reserved3: u32,
    /// `ExtraSids`: SIDs from outside the account's domain.
    pub extra_sids: Vec<SidAndAttributes>,
    /// `ResourceGroupDomainSid`.
    pub resource_group_domain: Option<Sid>,
    /// `ResourceGroupIds`: domain-local groups of the resource domain; service tickets only.
    pub resource_groups: Vec<GroupMembership>,
}

impl LogonInfo {
    /// The SID of the account: the domain's with `UserId`. `None` when there is no domain SID to extend.
    pub fn user_sid(&self) -> Option<Sid> {
        self.logon_domain_id.as_ref()?.with_rid(self.user_id).ok()
    }

    /// Every SID the buffer claims: the user, the groups, the extra SIDs and the resource groups, in that order.
    pub fn sids(&self) -> impl Iterator<Item = Sid> + '_ {
        self.user_sid()
            .into_iter()
            .chain(in_domain(&self.logon_domain_id, &self.groups))
            .chain(self.extra_sids.iter().map(|extra| extra.sid))
            .chain(in_domain(&self.resource_group_domain, &self.resource_groups))
    }

    /// Reads the buffer.
    ///
    /// # Errors
    /// [`NdrError`] names the field that is short, null, or contradicts another.
    pub fn decode(octets: &[u8]) -> Result<Self, NdrError> {
        let mut reader = Reader::open(octets)?;
        let fixed = Fixed::read(&mut reader)?;
        fixed.resolve(&mut reader)
    }

    /// Appends the buffer, a multiple of eight octets long.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out);
        self.write_fixed(&mut writer);
        self.write_referents(&mut writer);
        writer.finish();
    }

    fn write_fixed(&self, writer: &mut Writer<'_>) {
        for time in [
            self.logon_time,
            self.logoff_time,
            self.kick_off_time,
            self.password_last_set,
            self.password_can_change,
            self.password_must_change,
        ] {
            writer.u64(time.0);
        }
        self.first_strings()
            .into_iter()
            .for_each(|string| writer.string_header(string));
        writer.u16(self.logon_count);
        writer.u16(self.bad_password_count);
        writer.u32(self.user_id);
        writer.u32(self.primary_group_id);
        writer.u32(self.groups.len() as u32);
        writer.pointer(!self.groups.is_empty());
        writer.u32(self.user_flags.bits());
        writer.bytes(&self.user_session_key);
        writer.string_header(&self.logon_server);
        writer.string_header(&self.logon_domain_name);
        writer.pointer(self.logon_domain_id.is_some());
        self.reserved1.into_iter().for_each(|word| writer.u32(word));
        writer.u32(self.user_account_control);
        writer.u32(self.sub_auth_status);
        writer.u64(self.last_successful_logon.0);
        writer.u64(self.last_failed_logon.0);
        writer.u32(self.failed_logon_count);
        writer.u32(self.reserved3);
        writer.u32(self.extra_sids.len() as u32);
        writer.pointer(!self.extra_sids.is_empty());
        writer.pointer(self.resource_group_domain.is_some());
        writer.u32(self.resource_groups.len() as u32);
        writer.pointer(!self.resource_groups.is_empty());
    }

    /// The deferred pointers, in the order of their fields.
    fn write_referents(&self, writer: &mut Writer<'_>) {
        self.first_strings()
            .into_iter()
            .for_each(|string| writer.string(string));
        write_groups(writer, &self.groups);
        writer.string(&self.logon_server);
        writer.string(&self.logon_domain_name);
        self.logon_domain_id.iter().for_each(|sid| writer.sid(sid));
        if !self.extra_sids.is_empty() {
            writer.u32(self.extra_sids.len() as u32);
            for extra in &self.extra_sids {
                writer.pointer(true);
                writer.u32(extra.attributes);
            }
            self.extra_sids.iter().for_each(|extra| writer.sid(&extra.sid));
        }
        self.resource_group_domain.iter().for_each(|sid| writer.sid(sid));
        write_groups(writer, &self.resource_groups);
    }

    fn first_strings(&self) -> [&RpcString; 6] {
        [
            &self.effective_name,
            &self.full_name,
            &self.logon_script,
            &self.profile_path,
            &self.home_directory,
            &self.home_directory_drive,
        ]
    }
}

impl Default for LogonInfo {
    fn default() -> Self {
        let empty = RpcString::from("");
        Self {
            logon_time: FileTime::UNSET,
            logoff_time: FileTime::NEVER,
            kick_off_time: FileTime::NEVER,
            password_last_set: FileTime::UNSET,
            password_can_change: FileTime::UNSET,
            password_must_change: FileTime::NEVER,
            effective_name: empty.clone(),
            full_name: empty.clone(),
            logon_script: empty.clone(),
            profile_path: empty.clone(),
            home_directory: empty.clone(),
            home_directory_drive: empty.clone(),
            logon_count: 0,
            bad_password_count: 0,
            user_id: 0,
            primary_group_id: 0,
            groups: Vec::new(),
            user_flags: UserFlags::empty(),
            user_session_key: [0; 16],
            logon_server: empty.clone(),
            logon_domain_name: empty,
            logon_domain_id: None,
            reserved1: [0; 2],
            user_account_control: 0,
            sub_auth_status: 0,
            last_successful_logon: FileTime::UNSET,
            last_failed_logon: FileTime::UNSET,
            failed_logon_count: 0,
            reserved3: 0,
            extra_sids: Vec::new(),
            resource_group_domain: None,
            resource_groups: Vec::new(),
        }
    }
}

/// `FILETIME` (MS-DTYP section 2.3.3): units of 100 nanoseconds since 1601-01-01 UTC.
///
/// Kept as it is, since it is finer than a [`Timestamp`] and has values that are no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime(pub u64);

impl FileTime {
    /// Zero: not set.
    pub const UNSET: Self = Self(0);
    /// The largest signed value: never.
    pub const NEVER: Self = Self(0x7fff_ffff_ffff_ffff);
}

impl From<Timestamp> for FileTime {
    fn from(time: Timestamp) -> Self {
        Self(time.filetime())
    }
}

/// `GROUP_MEMBERSHIP` (MS-PAC section 2.2.2): a group of a domain that is named elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMembership {
    /// The group's RID.
    pub rid: u32,
    /// `SE_GROUP_*` bits (MS-PAC section 2.2.1).
    pub attributes: u32,
}

impl GroupMembership {
    /// A group as a DC lists it: mandatory, enabled by default, enabled.
    pub fn new(rid: u32) -> Self {
        Self {
            rid,
            attributes: SE_GROUP_DEFAULT,
        }
    }
}

/// `KERB_SID_AND_ATTRIBUTES` (MS-PAC section 2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SidAndAttributes {
    /// The SID.
    pub sid: Sid,
    /// `SE_GROUP_*` bits.
    pub attributes: u32,
}

impl SidAndAttributes {
    /// A SID as a DC lists it: mandatory, enabled by default, enabled.
    pub fn new(sid: Sid) -> Self {
        Self {
            sid,
            attributes: SE_GROUP_DEFAULT,
        }
    }
}

bitflags! {
    /// `UserFlags` of [`LogonInfo`]; bits without a name are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct UserFlags: u32 {
        /// `ExtraSids` is populated.
        const EXTRA_SIDS = 0x20;
        /// `ResourceGroupIds` is populated.
        const RESOURCE_GROUPS = 0x200;
        const _ = !0;
    }
}

/// `SE_GROUP_MANDATORY`, `SE_GROUP_ENABLED_BY_DEFAULT` and `SE_GROUP_ENABLED`: what a DC sets.
pub const SE_GROUP_DEFAULT: u32 = 0x7;
/// `SE_GROUP_RESOURCE`: a domain-local group of the resource domain.
pub const SE_GROUP_RESOURCE: u32 = 0x2000_0000;

/// The fixed part, and what has to be known of it when the deferred pointers are read.
struct Fixed {
    info: LogonInfo,
    first_strings: [StringHeader; 6],
    group_count: u32,
    groups: bool,
    logon_server: StringHeader,
    logon_domain_name: StringHeader,
    logon_domain_id: bool,
    extra_count: u32,
    extra_sids: bool,
    resource_group_domain: bool,
    resource_count: u32,
    resource_groups: bool,
}

impl Fixed {
    fn read(reader: &mut Reader<'_>) -> Result<Self, NdrError> {
        let mut time = |field| reader.u64(field).map(FileTime);
        let mut info = LogonInfo {
            logon_time: time("LogonTime")?,
            logoff_time: time("LogoffTime")?,
            kick_off_time: time("KickOffTime")?,
            password_last_set: time("PasswordLastSet")?,
            password_can_change: time("PasswordCanChange")?,
            password_must_change: time("PasswordMustChange")?,
            ..LogonInfo::default()
        };
        let first_strings = [
            reader.string_header("EffectiveName")?,
            reader.string_header("FullName")?,
            reader.string_header("LogonScript")?,
            reader.string_header("ProfilePath")?,
            reader.string_header("HomeDirectory")?,
            reader.string_header("HomeDirectoryDrive")?,
        ];
        info.logon_count = reader.u16("LogonCount")?;
        info.bad_password_count = reader.u16("BadPasswordCount")?;
        info.user_id = reader.u32("UserId")?;
        info.primary_group_id = reader.u32("PrimaryGroupId")?;
        let (group_count, groups) = (reader.u32("GroupCount")?, reader.pointer("GroupIds")?);
        info.user_flags = UserFlags::from_bits_retain(reader.u32("UserFlags")?);
        info.user_session_key = reader.array("UserSessionKey")?;
        let logon_server = reader.string_header("LogonServer")?;
        let logon_domain_name = reader.string_header("LogonDomainName")?;
        let logon_domain_id = reader.pointer("LogonDomainId")?;
        info.reserved1 = [reader.u32("Reserved1")?, reader.u32("Reserved1")?];
        info.user_account_control = reader.u32("UserAccountControl")?;
        info.sub_auth_status = reader.u32("SubAuthStatus")?;
        info.last_successful_logon = FileTime(reader.u64("LastSuccessfulILogon")?);
        info.last_failed_logon = FileTime(reader.u64("LastFailedILogon")?);
        info.failed_logon_count = reader.u32("FailedILogonCount")?;
        info.reserved3 = reader.u32("Reserved3")?;
        Ok(Self {
            info,
            first_strings,
            group_count,
            groups,
            logon_server,
            logon_domain_name,
            logon_domain_id,
            extra_count: reader.u32("SidCount")?,
            extra_sids: reader.pointer("ExtraSids")?,
            resource_group_domain: reader.pointer("ResourceGroupDomainSid")?,
            resource_count: reader.u32("ResourceGroupCount")?,
            resource_groups: reader.pointer("ResourceGroupIds")?,
        })
    }

    fn resolve(self, reader: &mut Reader<'_>) -> Result<LogonInfo, NdrError> {
        let mut info = self.info;
        let [effective, full, script, profile, home, drive] = self.first_strings;
        info.effective_name = reader.string(effective, "EffectiveName")?;
        info.full_name = reader.string(full, "FullName")?;
        info.logon_script = reader.string(script, "LogonScript")?;
        info.profile_path = reader.string(profile, "ProfilePath")?;
        info.home_directory = reader.string(home, "HomeDirectory")?;
        info.home_directory_drive = reader.string(drive, "HomeDirectoryDrive")?;
        info.groups = read_groups(reader, "GroupIds", self.group_count, self.groups)?;
        info.logon_server = reader.string(self.logon_server, "LogonServer")?;
        info.logon_domain_name = reader.string(self.logon_domain_name, "LogonDomainName")?;
        info.logon_domain_id = self
            .logon_domain_id
            .then(|| reader.sid("LogonDomainId"))
            .transpose()?;
        info.extra_sids = read_extra_sids(reader, self.extra_count, self.extra_sids)?;
        let domain = self
            .resource_group_domain
            .then(|| reader.sid("ResourceGroupDomainSid"));
        info.resource_group_domain = domain.transpose()?;
        info.resource_groups = read_groups(
            reader,
            "ResourceGroupIds",
            self.resource_count,
            self.resource_groups,
        )?;
        Ok(info)
    }
}

fn in_domain<'a>(domain: &'a Option<Sid>, groups: &'a [GroupMembership]) -> impl Iterator<Item = Sid> + 'a {
    groups
        .iter()
        .filter_map(|group| domain.as_ref()?.with_rid(group.rid).ok())
}

fn read_groups(
    reader: &mut Reader<'_>,
    field: &'static str,
    count: u32,
    pointer: bool,
) -> Result<Vec<GroupMembership>, NdrError> {
    match (pointer, count) {
        (false, 0) => return Ok(Vec::new()),
        (false, _) => return Err(NdrError::NullPointer { field }),
        (true, _) => {}
    }
    (0..reader.conformance(field, count, 8)?)
        .map(|_| {
            Ok(GroupMembership {
                rid: reader.u32(field)?,
                attributes: reader.u32(field)?,
            })
        })
        .collect()
}

fn read_extra_sids(
    reader: &mut Reader<'_>,
    count: u32,
    pointer: bool,
) -> Result<Vec<SidAndAttributes>, NdrError> {
    const FIELD: &str = "ExtraSids";
    match (pointer, count) {
        (false, 0) => return Ok(Vec::new()),
        (false, _) => return Err(NdrError::NullPointer { field: FIELD }),
        (true, _) => {}
    }
    let attributes = (0..reader.conformance(FIELD, count, 8)?)
        .map(|_| match (reader.pointer(FIELD)?, reader.u32(FIELD)?) {
            (true, attributes) => Ok(attributes),
            (false, _) => Err(NdrError::NullPointer { field: FIELD }),
        })
        .collect::<Result<Vec<u32>, NdrError>>()?;
    attributes
        .into_iter()
        .map(|attributes| {
            Ok(SidAndAttributes {
                sid: reader.sid(FIELD)?,
                attributes,
            })
        })
        .collect()
}

fn write_groups(writer: &mut Writer<'_>, groups: &[GroupMembership]) {
    if groups.is_empty() {
        return;
    }
    writer.u32(groups.len() as u32);
    for group in groups {
        writer.u32(group.rid);
        writer.u32(group.attributes);
    }
}
