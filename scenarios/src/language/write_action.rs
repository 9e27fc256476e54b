//! Writes what administrators do, and what happens to the network, as steps.

use std::sync::Arc;

use kdc_sim::directory::LogonHours;
use toml::Value;

use super::read_admin::{LOGONS, SHELLS};
use super::read_rule::{DIRECTIONS, PROTOCOLS};
use super::read_step::{LISTS, SIDES};
use super::step::StepKind;
use super::write_step::{Form, StepWriter, moment, span};
use crate::cmdlets::{Logon, Shell};
use crate::lab::{CLOUD_ROLES, LOGIN_IDENTITIES};
use crate::world::{
    AccountChange, Action, ApplicationChange, CloudAction, DeskAction, Direction, Rewrite, Rule, Side,
    Verdict,
};

/// The word for a value.
fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> Option<&'static str> {
    let mut words = words.iter();
    words.find(|(_, known)| known == value).map(|(word, _)| *word)
}

fn strings(names: &[Arc<str>]) -> Value {
    Value::from(names.iter().map(|name| name.to_string()).collect::<Vec<_>>())
}

impl StepWriter<'_> {
    /// A domain as the lab names it.
    pub(super) fn domain_name(&self, dns_name: &str) -> Option<&str> {
        let mut domains = self.lab.domains.iter();
        let named = domains.find(|(_, domain)| domain.dns_name.eq_ignore_ascii_case(dns_name));
        named.map(|(name, _)| name.as_str())
    }

    pub(super) fn domain(&self, form: Form, dns_name: &str) -> Option<Form> {
        Some(form.with("domain", self.domain_name(dns_name)?))
    }

    pub(super) fn change_place(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::Move { host, to }) => {
                Some(Form::table().with("to", &**to).with("device", &**host))
            }
            _ => None,
        }
    }

    pub(super) fn connect(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::Desk(DeskAction::Connect { device, to, after })) => {
                let form = Form::table().with("device", &**device).with("to", &**to);
                Some(form.with("after", span(*after)))
            }
            _ => None,
        }
    }

    pub(super) fn set_clock(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::SetClockOffset { host, offset_micros }) = step else {
            return None;
        };
        let sign = if *offset_micros < 0 { "-" } else { "" };
        let length = span(core::time::Duration::from_micros(offset_micros.unsigned_abs()));
        Some(
            Form::table()
                .with("host", &**host)
                .with("offset", format!("{sign}{length}")),
        )
    }

    pub(super) fn power(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::SetPower { host, on }) => {
                Some(Form::table().with("host", &**host).with("on", *on))
            }
            _ => None,
        }
    }

    pub(super) fn assign_policy(&self, step: &StepKind, wanted: bool) -> Option<Form> {
        match step {
            StepKind::Action(Action::Desk(DeskAction::AssignPolicy { policy, assigned }))
                if *assigned == wanted =>
            {
                Some(Form::text(policy))
            }
            _ => None,
        }
    }

    pub(super) fn edit_policy(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::Desk(DeskAction::EditPolicy { policy, settings })) = step else {
            return None;
        };
        let mut form = Form::table().with("policy", &**policy);
        for (key, value) in [("enable", true), ("disable", false)] {
            let those = settings.iter().filter(|used| used.value == value);
            let names: Vec<&str> = those.map(|used| used.spelled.as_str()).collect();
            if !names.is_empty() {
                form = form.with(key, names);
            }
        }
        Some(form)
    }

    pub(super) fn set_policy(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::SetPolicy {
            host,
            policy,
            enabled,
        }) = step
        else {
            return None;
        };
        let form = Form::table().with("device", &**host).with("policy", &**policy);
        Some(form.with("enabled", *enabled))
    }

    pub(super) fn set_proxy(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::Desk(DeskAction::SetProxy { device, servers })) = step else {
            return None;
        };
        let form = Form::table().with("device", &**device);
        Some(match servers {
            Some(servers) => form.with("servers", &**servers),
            None => form,
        })
    }

    pub(super) fn update_windows(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::Desk(DeskAction::UpdateWindows { device, version })) => {
                Some(Form::table().with("device", &**device).with("to", &**version))
            }
            StepKind::Action(Action::Desk(DeskAction::ChangeEdition { device, edition })) => {
                let edition = word(&client_sim::edition::Edition::ALL, edition)?;
                Some(Form::table().with("device", &**device).with("edition", edition))
            }
            _ => None,
        }
    }

    pub(super) fn admin(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::Type(typed)) = step else {
            return None;
        };
        let mut form = Form::table().with("host", &*typed.host).with("as", &*typed.user);
        form = form.with("shell", word::<Shell>(SHELLS, &typed.shell)?);
        form = form.with("logon", word::<Logon>(LOGONS, &typed.logon)?);
        if !typed.credentials.is_empty() {
            form = form.with("credentials", strings(&typed.credentials));
        }
        Some(form.with("run", &*typed.text))
    }

    pub(super) fn cloud_role(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::SetCloudRole { user, role, present }) = step else {
            return None;
        };
        let form = Form::table()
            .with("user", &**user)
            .with("role", word(CLOUD_ROLES, role)?);
        Some(form.with("present", *present))
    }

    pub(super) fn publish(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::Publish { domain, tenant }) = step else {
            return None;
        };
        let form = self.domain(Form::table(), domain)?;
        let Some(tenant) = tenant else { return Some(form) };
        let mut tenants = self.lab.tenants.iter();
        let (name, _) =
            tenants.find(|(_, known)| known.domains.first().map(String::as_str) == Some(tenant))?;
        Some(form.with("tenant", name.as_str()))
    }

    pub(super) fn rotate_key(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::RotateServerKey { domain, side }) => self.on_side(domain, *side),
            _ => None,
        }
    }

    pub(super) fn remove_kerberos_server(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::RemoveKerberosServer { domain, side }) => self.on_side(domain, *side),
            _ => None,
        }
    }

    fn on_side(&self, domain: &str, side: Side) -> Option<Form> {
        let form = self.domain(Form::table(), domain)?;
        Some(form.with("side", word(SIDES, &side)?))
    }

    pub(super) fn replication_policy(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::ChangeReplicationPolicy {
            domain,
            list,
            member,
            present,
        }) = step
        else {
            return None;
        };
        let form = self
            .domain(Form::table(), domain)?
            .with("list", word(LISTS, list)?);
        Some(form.with("member", &**member).with("present", *present))
    }

    pub(super) fn setup_cloud_trust(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::Cloud(CloudAction::SetupCloudTrust {
            domain,
            tenant,
            object,
        })) = step
        else {
            return None;
        };
        let mut form = self.domain(Form::table(), domain)?;
        if !object {
            form = form.with("object", false);
        }
        let Some(tenant) = tenant else { return Some(form) };
        let mut tenants = self.lab.tenants.iter();
        let (name, _) = tenants.find(|(_, known)| known.id == **tenant)?;
        Some(form.with("tenant", name.as_str()))
    }

    pub(super) fn filter_attributes(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::Cloud(CloudAction::FilterAttributes { tenant, attributes })) = step
        else {
            return None;
        };
        let all = [
            ("domain-name", attributes.domain_name),
            ("sam-account-name", attributes.sam_account_name),
            ("security-identifier", attributes.security_identifier),
        ];
        let carried = all.iter().filter(|(_, carried)| *carried);
        let carried: Vec<&str> = carried.map(|(name, _)| *name).collect();
        Some(
            Form::table()
                .with("tenant", &**tenant)
                .with("attributes", carried),
        )
    }

    pub(super) fn verify_domain(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::Cloud(CloudAction::VerifyDomain { tenant, domain })) => {
                Some(Form::table().with("tenant", &**tenant).with("domain", &**domain))
            }
            _ => None,
        }
    }

    pub(super) fn set_cloud_app(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::Cloud(CloudAction::ChangeApplication { app, change })) = step else {
            return None;
        };
        let form = Form::table().with("app", &**app);
        Some(match change {
            ApplicationChange::Consent(granted) => form.with("consent", *granted),
            ApplicationChange::MfaRequired(required) => form.with("mfa-required", *required),
            ApplicationChange::Assigned(None) => form.with("assignment-required", false),
            ApplicationChange::Assigned(Some(users)) => form.with("assigned", strings(users)),
        })
    }

    pub(super) fn set_app_proxy(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::SetAppProxy {
            app,
            spn,
            login_identity,
        }) = step
        else {
            return None;
        };
        let mut form = Form::table().with("app", &**app);
        if let Some(spn) = spn {
            form = form.with("spn", &**spn);
        }
        if let Some(identity) = login_identity {
            form = form.with("login-identity", word(LOGIN_IDENTITIES, identity)?);
        }
        Some(form)
    }

    pub(super) fn set_delegation(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::SetDelegation {
            server,
            to,
            protocol_transition,
        }) = step
        else {
            return None;
        };
        let form = Form::table().with("server", &**server).with("to", strings(to));
        Some(form.when(*protocol_transition, "protocol-transition"))
    }

    pub(super) fn membership(&self, step: &StepKind, present: bool) -> Option<Form> {
        let (user, group) = match step {
            StepKind::Action(Action::AddToGroup { user, group }) if present => (user, group),
            StepKind::Action(Action::RemoveFromGroup { user, group }) if !present => (user, group),
            _ => return None,
        };
        Some(Form::table().with("user", &**user).with("group", &**group))
    }

    pub(super) fn account(&self, step: &StepKind, wanted: bool) -> Option<Form> {
        match step {
            StepKind::Action(Action::SetAccountEnabled { user, enabled }) if *enabled == wanted => {
                Some(Form::text(user))
            }
            _ => None,
        }
    }

    pub(super) fn set_account(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Action(Action::ChangeAccount { user, change }) = step else {
            return None;
        };
        let form = Form::table().with("user", &**user);
        Some(match change {
            AccountChange::Locked(locked) => form.with("locked", *locked),
            AccountChange::Expires(at) => form.with("expires", moment(*at)),
            AccountChange::MustChangePassword(must) => form.with("must-change-password", *must),
            AccountChange::PasswordExpired(expired) => form.with("password-expired", *expired),
            AccountChange::LogonHours(hours) => form.with("logon-hours", logon_hours(hours)),
            AccountChange::Workstations(names) => form.with("workstations", strings(names)),
        })
    }

    pub(super) fn rename_account(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::Cloud(CloudAction::RenameAccount { user, sam })) => {
                Some(Form::table().with("user", &**user).with("sam", &**sam))
            }
            _ => None,
        }
    }

    pub(super) fn move_to_ou(&self, step: &StepKind) -> Option<Form> {
        match step {
            StepKind::Action(Action::Cloud(CloudAction::MoveToOu { user, ou })) => {
                Some(Form::table().with("user", &**user).with("ou", &**ou))
            }
            _ => None,
        }
    }
}

/// Spans of hours, day by day: `mon 07-19`.
fn logon_hours(hours: &LogonHours) -> Vec<String> {
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let allowed = |day: usize, hour: usize| {
        let bit = day * 24 + hour;
        hour < 24
            && hours
                .0
                .get(bit / 8)
                .is_some_and(|octet| octet & 1 << (bit % 8) != 0)
    };
    let mut spans = Vec::new();
    for (day, name) in DAYS.iter().enumerate() {
        let mut begun = None;
        for hour in 0..=24 {
            match (begun, allowed(day, hour)) {
                (None, true) => begun = Some(hour),
                (Some(from), false) => {
                    spans.push(format!("{name} {from:02}-{hour:02}"));
                    begun = None;
                }
                _ => {}
            }
        }
    }
    spans
}

impl Form {
    /// A rule on the network.
    pub(super) fn rule(rule: &Rule) -> Self {
        let matches = &rule.matches;
        let mut form = Self::table().with("name", &*rule.name);
        for (key, name) in [
            ("from", &matches.from),
            ("from-location", &matches.from_location),
            ("to", &matches.to),
            ("to-location", &matches.to_location),
        ] {
            if let Some(name) = name {
                form = form.with(key, &**name);
            }
        }
        if let Some(port) = matches.port {
            form = form.with("port", i64::from(port));
        }
        if let Some(protocol) = matches.protocol.and_then(|protocol| word(PROTOCOLS, &protocol)) {
            form = form.with("protocol", protocol);
        }
        if matches.direction != Direction::default()
            && let Some(direction) = word(DIRECTIONS, &matches.direction)
        {
            form = form.with("direction", direction);
        }
        if let Some(count) = matches.one_in {
            form = form.with("one-in", i64::from(count));
        }
        form.with("then", verdict(&rule.verdict))
    }
}

fn verdict(verdict: &Verdict) -> Value {
    let table = |entries: Vec<(&str, Value)>| {
        let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), value));
        Value::Table(entries.collect())
    };
    match verdict {
        Verdict::Pass => "pass".into(),
        Verdict::Drop => "drop".into(),
        Verdict::Refuse => "refuse".into(),
        Verdict::Delay(time) => table(vec![("delay", span(*time).into())]),
        Verdict::Rewrite(Rewrite::UntrustedCertificate) => "untrusted-certificate".into(),
        Verdict::Rewrite(Rewrite::Truncate { octets }) => {
            table(vec![("truncate", i64::from(*octets).into())])
        }
        Verdict::Rewrite(Rewrite::HttpStatus { status }) => {
            table(vec![("http-status", i64::from(*status).into())])
        }
        Verdict::Rewrite(Rewrite::Redirect { to }) => table(vec![("redirect", (&**to).into())]),
        Verdict::Rewrite(Rewrite::FlipBits { offset, mask }) => {
            let bits = vec![
                ("offset", i64::from(*offset).into()),
                ("mask", i64::from(*mask).into()),
            ];
            table(vec![("flip-bits", table(bits))])
        }
    }
}
