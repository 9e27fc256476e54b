//! What keeps an account to certain machines and services, and its TGT to a shorter life: userWorkstations, authentication
//! policies, Protected Users (MS-KILE sections 3.3.5.6 and 3.3.5.7).

use std::sync::Arc;
use std::time::Duration;

use kerberos::crypto::{Etype, Key};
use kerberos::pac::LogonInfo;
use kerberos::sid::Sid;
use kerberos::wire::KdcReq;

use crate::config::Profile;
use crate::decision::Detail;
use crate::directory::{Account, AccountKind};
use crate::refusal::{PolicyRefusal, Refusal};
use crate::request::Context;
use crate::rules;

/// The type of a host address that is a NetBIOS name (RFC 4120 section 7.5.3).
const NETBIOS_ADDRESS: i32 = 20;
/// Life of the TGT of a member of Protected Users, and of its renewal.
const PROTECTED_LIFE: Duration = Duration::from_secs(4 * 3600);

/// Whether the account may sign in at the machine that the request names, and with its armor.
pub(crate) fn check_origin(
    context: &mut Context<'_>,
    request: &KdcReq,
    account: &Arc<Account>,
) -> Result<(), Refusal> {
    if !account.workstations.is_empty() {
        let named = workstation(request);
        // Samba compares what is named alone (authsam_account_ok)
        let passes_unnamed = named.is_none() && context.dc.profile == Profile::Samba;
        let is_it = |known: &Arc<str>| {
            named
                .as_ref()
                .is_some_and(|name| known.eq_ignore_ascii_case(name))
        };
        if !passes_unnamed && !account.workstations.iter().any(is_it) {
            return Err(PolicyRefusal::Workstation {
                account: account.clone(),
                named,
            }
            .into());
        }
        context.passed(&rules::AS_WORKSTATION, Detail::Client(account.clone()));
    }
    let Some(policy) = account.policy() else {
        return Ok(());
    };
    let Some(allowed) = &policy.allowed_from else {
        return Ok(());
    };
    let device = context.armor.as_ref().and_then(|armor| armor.device().cloned());
    let is_allowed = |device: &Arc<Account>| allowed.iter().any(|sid| device.token.contains(sid));
    if !device.as_ref().is_some_and(is_allowed) {
        return Err(PolicyRefusal::From {
            account: account.clone(),
            policy: policy.clone(),
            device,
        }
        .into());
    }
    context.passed(&rules::AUTHN_POLICY_FROM, Detail::Client(account.clone()));
    Ok(())
}

/// The machine that a client says it is: Windows names itself by its NetBIOS name, filled up with spaces.
fn workstation(request: &KdcReq) -> Option<String> {
    let addresses = request.body().addresses.as_ref()?;
    let address = addresses
        .iter()
        .find(|address| address.addr_type == NETBIOS_ADDRESS)?;
    let name = String::from_utf8_lossy(&address.address);
    Some(name.trim_end_matches([' ', '\0']).to_owned())
}

/// A member of Protected Users proves itself with AES.
pub(crate) fn check_proof(account: &Arc<Account>, key: &Key, proved: bool) -> Result<(), Refusal> {
    let weak = proved && key.etype() == Etype::Rc4Hmac;
    if weak && account.kind == AccountKind::User && account.is_protected() {
        let account = account.clone();
        return Err(PolicyRefusal::ProtectedEtype { account }.into());
    }
    Ok(())
}

/// Life of a TGT and of its renewal, where policy or group has another one than the domain.
pub(crate) fn tgt_life(account: &Account) -> Option<Duration> {
    let policy = account.policy().and_then(|policy| policy.tgt_life);
    // zero stands for none
    let policy = policy.filter(|life| !life.is_zero());
    policy.or_else(|| account.is_protected().then_some(PROTECTED_LIFE))
}

/// Whether a client of this realm gets a ticket for the service.
pub(crate) fn check_service(
    context: &mut Context<'_>,
    client: &Account,
    service: &Arc<Account>,
) -> Result<(), Refusal> {
    check_sids(context, service, &client.name, |sid| client.token.contains(sid))
}

/// Whether a client of another realm gets one.
pub(crate) fn check_visitor(
    context: &mut Context<'_>,
    client: &LogonInfo,
    service: &Arc<Account>,
) -> Result<(), Refusal> {
    let name = client.effective_name.text.as_deref().unwrap_or_default();
    check_sids(context, service, name, |sid| client.sids().any(|own| own == *sid))
}

fn check_sids(
    context: &mut Context<'_>,
    service: &Arc<Account>,
    client: &str,
    has: impl Fn(&Sid) -> bool,
) -> Result<(), Refusal> {
    let Some(policy) = service.policy() else {
        return Ok(());
    };
    let Some(allowed) = &policy.allowed_to else {
        return Ok(());
    };
    if !allowed.iter().any(has) {
        return Err(PolicyRefusal::To {
            client: client.into(),
            service: service.clone(),
            policy: policy.clone(),
        }
        .into());
    }
    context.passed(
        &rules::AUTHN_POLICY_TO,
        Detail::AllowedToAuthenticate(service.clone()),
    );
    Ok(())
}
