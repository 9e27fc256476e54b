//! The few commands of the ActiveDirectory module by which administrators look at accounts and at the object's halves, and
//! remove these by hand.

use std::sync::Arc;

use kdc_sim::directory::{Account, AccountKind, UserAccountControl};
use kdc_sim::ldap::{AccountNames, is_identity};

use super::error::{Thrown, Wording};
use super::objects::{self, DirectoryObject};
use super::operator::Rights;
use super::table::Call;
use super::value::Value;
use crate::lab::identity;

/// `Get-ADComputer`.
pub(super) fn get_computer(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    get_account(call, Wanted::Computer)
}

/// `Get-ADUser`.
pub(super) fn get_user(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    get_account(call, Wanted::User)
}

fn get_account(call: &Call<'_>, wanted: Wanted) -> Result<Vec<Value>, Thrown> {
    let domain = domain(call)?;
    let row = match object_in(call, domain, wanted) {
        Some(object) => account(&object, wanted),
        None => {
            let (account, names) =
                account_in(call, domain, wanted).ok_or_else(|| absent(call, domain, wanted))?;
            account_row(&account, &names, wanted)
        }
    };
    Ok(vec![row])
}

/// `Enable-ADAccount`.
pub(super) fn enable_account(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    set_enabled(call, true)
}

/// `Disable-ADAccount`.
pub(super) fn disable_account(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    set_enabled(call, false)
}

fn set_enabled(call: &mut Call<'_>, enabled: bool) -> Result<Vec<Value>, Thrown> {
    let (domain, _) = found(call, Wanted::User)?;
    may_write(call, domain)?;
    call.world.set_krbtgt_enabled(domain, enabled)?;
    Ok(Vec::new())
}

/// `Remove-ADObject`, of any of the three. They go one by one, and what is left is half an object.
pub(super) fn remove_object(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let (domain, object) = found(call, Wanted::Any)?;
    may_write(call, domain)?;
    let base = call
        .world
        .domains()
        .get(domain)
        .map(|domain| objects::base_dn(domain.dns_name()));
    let base = base.unwrap_or_default();
    // without its computer or its user nothing of the object works; the connection point alone is only a signpost
    if !object
        .dn
        .eq_ignore_ascii_case(&objects::connection_point_dn(&base))
    {
        call.world.remove_from_directory(domain)?;
    }
    Ok(Vec::new())
}

fn may_write(call: &Call<'_>, domain: usize) -> Result<(), Thrown> {
    let operator = call.world.domain_identity(call.seat, None)?;
    if call.world.rights_in(operator.as_ref(), domain) != Rights::None {
        return Ok(());
    }
    Err(Thrown {
        category: "PermissionDenied",
        wording: Wording::Product,
        ..Thrown::exception(
            "Microsoft.ActiveDirectory.Management.ADException",
            "Insufficient access rights to perform the operation",
        )
    })
}

/// What a command looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Computer,
    User,
    Any,
}

impl Wanted {
    const fn kind(self) -> &'static str {
        match self {
            Self::Computer => "ADComputer",
            Self::User => "ADUser",
            Self::Any => "ADObject",
        }
    }
}

/// The object of the Kerberos server that `-Identity` names.
fn found(call: &Call<'_>, wanted: Wanted) -> Result<(usize, DirectoryObject), Thrown> {
    let domain = domain(call)?;
    match object_in(call, domain, wanted) {
        Some(object) => Ok((domain, object)),
        None if account_in(call, domain, wanted).is_some() => Err(Thrown::lab(
            "the lab's console changes the objects of the Kerberos server, and no other account; a step of a scenario does: \
             enable-account, disable-account",
        )),
        None => Err(absent(call, domain, wanted)),
    }
}

/// The domain of `-Server`, or of whoever is logged on.
fn domain(call: &Call<'_>) -> Result<usize, Thrown> {
    let domain = match call.bound.text("Server") {
        Some(server) => {
            let named = |name: &str| {
                server.eq_ignore_ascii_case(name) || server.to_lowercase().ends_with(&format!(".{name}"))
            };
            let mut domains = call.world.domains().iter().enumerate();
            // the longest name fits best: a DC of a child ends in its parent's name as well
            let mut fitting: Vec<(usize, usize)> = domains
                .by_ref()
                .filter(|(_, domain)| named(domain.dns_name()))
                .map(|(index, domain)| (domain.dns_name().len(), index))
                .collect();
            fitting.sort_unstable();
            fitting.pop().map(|(_, index)| index)
        }
        None => call.world.logon_domain(call.seat),
    };
    domain
        .filter(|domain| call.world.reaches_directory(call.seat.host, *domain))
        .ok_or_else(no_server)
}

/// Which of the objects of the Kerberos server `-Identity` names.
fn object_in(call: &Call<'_>, domain: usize, wanted: Wanted) -> Option<DirectoryObject> {
    let identity = call.bound.text("Identity").unwrap_or_default();
    let fits = |object: &DirectoryObject| {
        let sam = first(object, "sAMAccountName").unwrap_or_default();
        let computer = sam.ends_with('$');
        let kind = match wanted {
            Wanted::Computer => computer,
            Wanted::User => !computer && !sam.is_empty(),
            Wanted::Any => true,
        };
        let short = sam.strip_suffix('$').unwrap_or(sam);
        let named = object.dn.eq_ignore_ascii_case(&identity)
            || wanted != Wanted::Any
                && (sam.eq_ignore_ascii_case(&identity) || computer && short.eq_ignore_ascii_case(&identity));
        kind && named
    };
    call.world.kerberos_server_objects(domain).into_iter().find(fits)
}

/// The account of the domain that `-Identity` names.
fn account_in(call: &Call<'_>, domain: usize, wanted: Wanted) -> Option<(Arc<Account>, AccountNames)> {
    let identity = call.bound.text("Identity").unwrap_or_default();
    let domain = call.world.domains().get(domain)?;
    let of_kind = |account: &&Arc<Account>| match wanted {
        Wanted::Computer => account.kind == AccountKind::Computer,
        Wanted::User => !matches!(account.kind, AccountKind::Computer | AccountKind::Trust),
        Wanted::Any => true,
    };
    domain.accounts().filter(of_kind).find_map(|account| {
        let names = AccountNames::new(domain, account);
        is_identity(&identity, account, &names).then(|| (Arc::clone(account), names))
    })
}

fn absent(call: &Call<'_>, domain: usize, wanted: Wanted) -> Thrown {
    let identity = call.bound.text("Identity").unwrap_or_default();
    let domain = call.world.domains().get(domain);
    let base = domain.map(|domain| objects::base_dn(domain.dns_name()));
    not_found(&identity, &base.unwrap_or_default(), wanted)
}

fn not_found(identity: &str, base: &str, wanted: Wanted) -> Thrown {
    Thrown {
        target: format!("{identity}:{}", wanted.kind()),
        ..Thrown::binding(
            "ObjectNotFound",
            "Microsoft.ActiveDirectory.Management.ADIdentityNotFoundException",
            "ActiveDirectoryCmdlet:Microsoft.ActiveDirectory.Management.ADIdentityNotFoundException",
            format!("Cannot find an object with identity: '{identity}' under: '{base}'."),
        )
    }
}

fn no_server() -> Thrown {
    Thrown::binding(
        "ResourceUnavailable",
        "Microsoft.ActiveDirectory.Management.ADServerDownException",
        "ActiveDirectoryServer:1355",
        "Unable to find a default server with Active Directory Web Services running.",
    )
}

/// What `Get-ADComputer` and `Get-ADUser` show of an account without `-Properties`.
fn account_row(account: &Account, names: &AccountNames, wanted: Wanted) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let class = if wanted == Wanted::Computer {
        "computer"
    } else {
        "user"
    };
    let dns_name = account.spns.iter().find_map(|spn| {
        let host = spn.strip_prefix("HOST/")?;
        host.contains('.').then_some(host)
    });
    let enabled = !account.control.contains(UserAccountControl::ACCOUNT_DISABLED);
    let rows = [
        ("DistinguishedName", Some(text(&names.dn))),
        (
            "DNSHostName",
            (wanted == Wanted::Computer).then(|| dns_name.map_or(Value::Null, text)),
        ),
        ("Enabled", Some(Value::Boolean(enabled))),
        ("GivenName", (wanted == Wanted::User).then_some(Value::Null)),
        ("Name", Some(text(&names.cn))),
        ("ObjectClass", Some(text(class))),
        ("ObjectGUID", Some(text(&names.guid))),
        ("SamAccountName", Some(text(&account.name))),
        ("SID", Some(text(&account.sid.to_string()))),
        ("Surname", (wanted == Wanted::User).then_some(Value::Null)),
        (
            "UserPrincipalName",
            Some(account.upn.as_deref().map_or(Value::Null, text)),
        ),
    ];
    let shown = rows
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(shown.collect())
}

/// The same of an object of the Kerberos server.
fn account(object: &DirectoryObject, wanted: Wanted) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let attribute = |name: &str| first(object, name).map_or(Value::Null, text);
    let control: u32 = first(object, "userAccountControl")
        .and_then(|control| control.parse().ok())
        .unwrap_or_default();
    let enabled = control & 0x2 == 0;
    let named = |name: &str, value: Value| (name.to_owned(), value);
    let mut rows = vec![named("DistinguishedName", text(&object.dn))];
    if wanted == Wanted::Computer {
        rows.push(named("DNSHostName", Value::Null));
    }
    rows.push(named("Enabled", Value::Boolean(enabled)));
    if wanted == Wanted::User {
        rows.push(named("GivenName", Value::Null));
    }
    rows.push(named("Name", attribute("cn")));
    let class = if wanted == Wanted::Computer {
        "computer"
    } else {
        "user"
    };
    rows.push(named("ObjectClass", text(class)));
    rows.push(named("ObjectGUID", text(&identity::guid("object", &object.dn))));
    rows.push(named("SamAccountName", attribute("sAMAccountName")));
    rows.push(named("SID", attribute("objectSid")));
    if wanted == Wanted::User {
        rows.push(named("Surname", Value::Null));
    }
    rows.push(named("UserPrincipalName", Value::Null));
    Value::Object(rows)
}

fn first<'o>(object: &'o DirectoryObject, name: &str) -> Option<&'o str> {
    let found = object.attributes.iter().find(|(known, _)| *known == name);
    found.and_then(|(_, values)| values.first()).map(String::as_str)
}
