//! What of an account keeps it from signing in, or to certain hours, machines, services and encryption types.
//!
//! ```toml
//! [user.temp]
//! expires = 2026-11-30T00:00:00Z
//! logon-hours = ["mon-fri 07-19"]
//! workstations = ["kiosk-01"]
//! authentication-policy = "tier-0"
//!
//! [authentication-policy.tier-0]
//! tgt-life = "4h"
//! allowed-from = ["paw-01"]
//! ```

use core::time::Duration;

use kdc_sim::directory::LogonHours;
use kerberos::Timestamp;

use super::document::Name;
use super::names::Names;
use super::read::Context;
use crate::language::{Finding, Known, Node, Reader};

/// The restrictions of an account. The default restricts nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogonRules {
    /// lockoutTime: the account is locked out.
    pub locked: bool,
    /// accountExpires.
    pub expires: Option<Timestamp>,
    /// pwdLastSet is 0: "User must change password at next logon".
    pub must_change_password: bool,
    /// logonHours, in UTC. `None`: all of the week.
    pub logon_hours: Option<LogonHours>,
    /// userWorkstations: machines of the lab. Empty: all.
    pub workstations: Vec<Name>,
}

/// Encryption types of an account, as msDS-SupportedEncryptionTypes has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptionType {
    /// RC4-HMAC.
    Rc4,
    /// AES128-CTS-HMAC-SHA1-96.
    Aes128,
    /// AES256-CTS-HMAC-SHA1-96.
    Aes256,
}

/// An authentication policy (msDS-AuthNPolicy). Who is named stands for the conditions of its security descriptors.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthenticationPolicy {
    /// Whether it is enforced. Default: yes.
    pub enforced: bool,
    /// Life of a TGT and of its renewal; `None` for that of the domain.
    pub tgt_life: Option<Duration>,
    /// Devices, or groups of devices, that users are signed in from with armor. `None`: any.
    pub allowed_from: Option<Vec<Name>>,
    /// Users, groups and machines that get tickets for services with this policy. `None`: all.
    pub allowed_to: Option<Vec<Name>>,
}

/// Reads what a user may have.
pub(super) fn logon_rules(reader: &mut Reader<'_>, context: &Context<'_>) -> LogonRules {
    LogonRules {
        locked: reader.boolean("locked").unwrap_or(false),
        expires: reader.time("expires"),
        must_change_password: reader.boolean("must-change-password").unwrap_or(false),
        logon_hours: logon_hours(reader, "logon-hours"),
        workstations: reader
            .references("workstations", &machines(&context.names))
            .unwrap_or_default(),
    }
}

/// Reads msDS-SupportedEncryptionTypes.
pub(super) fn encryption_types(reader: &mut Reader<'_>) -> Option<Vec<EncryptionType>> {
    const NAMES: &[(&str, EncryptionType)] = &[
        ("rc4", EncryptionType::Rc4),
        ("aes128", EncryptionType::Aes128),
        ("aes256", EncryptionType::Aes256),
    ];
    let known = Known {
        what: "encryption type",
        names: NAMES.iter().map(|(name, _)| *name).collect(),
    };
    let listed = reader.references("encryption-types", &known)?;
    let of_name = |wanted: &String| {
        let found = NAMES.iter().find(|(name, _)| name == wanted);
        found.map(|(_, etype)| *etype)
    };
    Some(listed.iter().filter_map(of_name).collect())
}

/// Reads the name of a policy.
pub(super) fn assigned_policy(reader: &mut Reader<'_>, names: &Names) -> Option<Name> {
    reader.reference(
        "authentication-policy",
        &names.of_section("authentication-policy"),
    )
}

pub(super) fn policy(name: &str, node: &Node, context: &Context<'_>) -> Option<AuthenticationPolicy> {
    let mut reader = Reader::new(node, format!("authentication-policy {name}"), context.report)?;
    let mut anybody = context.names.principals();
    anybody.what = "user, group or host";
    anybody.names.extend(context.names.hosts().names);
    let policy = AuthenticationPolicy {
        enforced: reader.boolean("enforced").unwrap_or(true),
        tgt_life: reader.duration("tgt-life"),
        allowed_from: reader.references("allowed-from", &anybody),
        allowed_to: reader.references("allowed-to", &anybody),
    };
    reader.finish();
    Some(policy)
}

/// Machines that a user may be kept to.
pub(crate) fn machines(names: &Names) -> Known<'_> {
    let sections = ["device", "server", "dc"].map(|section| names.of_section(section).names);
    Known {
        what: "device or server",
        names: sections.into_iter().flatten().collect(),
    }
}

/// Spans such as `mon-fri 07-19`, in UTC; the end of the hours is not part of them.
pub(crate) fn logon_hours(reader: &mut Reader<'_>, key: &'static str) -> Option<LogonHours> {
    let mut hours = LogonHours([0; 21]);
    for (text, span) in reader.strings(key)? {
        if add(&mut hours, &text).is_none() {
            let finding = Finding::new(format!("`{text}` is no span of a week"));
            reader.report().add(
                span,
                finding.expected("days and hours in UTC, such as \"mon-fri 07-19\""),
            );
        }
    }
    Some(hours)
}

fn add(hours: &mut LogonHours, text: &str) -> Option<()> {
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let (days, times) = text.trim().split_once(' ')?;
    let day = |name: &str| DAYS.iter().position(|known| known.eq_ignore_ascii_case(name));
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (first, last) = (day(first)?, day(last)?);
    let (from, to) = times.trim().split_once('-')?;
    let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
    if from >= to || to > 24 {
        return None;
    }
    let count = (last + 7 - first) % 7;
    for day in (first..=first + count).map(|day| day % 7) {
        for hour in from..to {
            let bit = day * 24 + hour;
            *hours.0.get_mut(bit / 8)? |= 1 << (bit % 8);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(spans: &[&str]) -> Option<LogonHours> {
        let mut hours = LogonHours([0; 21]);
        for span in spans {
            add(&mut hours, span)?;
        }
        Some(hours)
    }

    #[test]
    fn spans_of_a_week_are_hours_of_logon_hours() {
        let monday = |hour: i64| Timestamp::from_unix_seconds(1_795_392_000 + hour * 3600);
        let office = of(&["mon-fri 07-19"]).expect("a span");
        for (hour, allowed) in [
            (6, false),
            (7, true),
            (18, true),
            (19, false),
            (31, true),
            (5 * 24 + 8, false),
        ] {
            assert_eq!(
                office.allow(monday(hour)),
                allowed,
                "hour {hour} of the week that begins on Monday"
            );
        }
        let weekend = of(&["sat-mon 00-24"]).expect("a span over the end of the week");
        assert!(weekend.allow(monday(8)) && weekend.allow(monday(6 * 24)) && !weekend.allow(monday(32)));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "mon",
            "mon 8",
            "mon 9-9",
            "mon 20-25",
            "moon 1-2",
            "mon 10-9",
            "mon -1-2",
        ] {
            assert!(of(&[text]).is_none(), "{text}");
        }
    }
}
