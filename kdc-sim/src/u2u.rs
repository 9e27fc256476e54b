//! User-to-user: a ticket sealed with the session key of the service's own TGT (RFC 4120 section 3.3.3).

use std::sync::Arc;

use kerberos::wire::{KdcOptions, KdcReq, Ticket};

use crate::decision::Detail;
use crate::directory::{Account, AccountKind};
use crate::identity::identify;
use crate::refusal::{DelegationRefusal, Refusal};
use crate::request::Context;
use crate::rules;
use crate::tgs_issue::Target;
use crate::tgt;

/// The target with the key that seals its ticket: for a user-to-user request that of the further TGT, which has to be
/// the target's own.
pub(crate) fn resolve(
    context: &mut Context<'_>,
    request: &KdcReq,
    target: Target,
) -> Result<Target, Refusal> {
    if !request.body().kdc_options.contains(KdcOptions::ENC_TKT_IN_SKEY) {
        return Ok(target);
    }
    let ticket = further_ticket(request, KdcOptions::ENC_TKT_IN_SKEY)?;
    let own = |realm| context.domain.is_own_realm(realm);
    if !ticket.sname.krbtgt_realm().is_some_and(own) || !own(&ticket.realm) {
        let sname = Box::new(ticket.sname.clone());
        return Err(DelegationRefusal::NotTgt { sname }.into());
    }
    let tgt = tgt::open_unproved(context, ticket, KdcOptions::empty())?;
    let pac = tgt.part.pac();
    let pac = pac
        .as_ref()
        .map(|octets| tgt::verify_pac(context, &tgt, octets))
        .transpose()?;
    let account = identify(context, &tgt, pac)?.account;
    if target.account().is_none_or(|target| target.rid != account.rid) {
        let sname = request.body().sname.as_ref();
        let sname = Box::new(sname.unwrap_or_else(|| context.domain.krbtgt_name()).clone());
        return Err(DelegationRefusal::OtherAccount { account, sname }.into());
    }
    context
        .trail
        .noted(&rules::U2U, Detail::UserToUser(account.clone()));
    Ok(Target::UserToUser {
        account,
        key: Box::new(tgt.session),
    })
}

/// A user without service principal name is no service, so that nobody gets something to try passwords on.
pub(crate) fn check_service(account: &Arc<Account>) -> Result<(), Refusal> {
    let person = matches!(account.kind, AccountKind::User | AccountKind::RodcKrbtgt { .. });
    if person && account.spns.is_empty() {
        return Err(DelegationRefusal::UserToUserOnly {
            account: account.clone(),
        }
        .into());
    }
    Ok(())
}

/// The ticket that an option needs besides the TGT.
pub(crate) fn further_ticket(request: &KdcReq, option: KdcOptions) -> Result<&Ticket, Refusal> {
    let tickets = request.body().additional_tickets.as_ref();
    tickets
        .and_then(|tickets| tickets.first())
        .ok_or_else(|| DelegationRefusal::TicketMissing { option }.into())
}
