//! Whether a read-only domain controller may speak for a client: the rules for partial TGTs.
//!
//! MS-KILE has no section on them. They are what Samba does, whose tests are written to match Windows, with the answers
//! of Windows where they are known.

use std::sync::Arc;

use kerberos::pac::Pac;

use crate::decision::Detail;
use crate::directory::{Account, AccountKind, Rodc, UserAccountControl};
use crate::refusal::{Exchange, Refusal};
use crate::request::Context;
use crate::rules;

/// The PAC must name the client's own SID as that of its requestor. What else it claims does not count.
pub(crate) fn check_requestor(
    context: &mut Context<'_>,
    pac: &Pac<'_>,
    account: &Arc<Account>,
    partial: bool,
) -> Result<(), Refusal> {
    let requestor = pac
        .requestor()
        .map_err(|error| Refusal::BadPac(Box::new(error)))?;
    match requestor {
        Some(sid) if sid == account.sid => {
            let rule = if partial {
                &rules::TGS_RODC_SID
            } else {
                &rules::TGS_PAC_REQUESTOR
            };
            context.passed(rule, Detail::Requestor(account.clone()));
            Ok(())
        }
        Some(sid) => Err(Refusal::RequestorMismatch {
            account: account.clone(),
            came: Box::new(sid),
            partial,
        }),
        None if context.dc.requires_requestor() => Err(Refusal::RequestorMissing { partial }),
        None => Ok(()),
    }
}

/// Deny wins over allow; neither is a denial as well. That nobody has been revealed before does not matter.
pub(crate) fn check_replication_policy(
    context: &mut Context<'_>,
    rodc: &Arc<Rodc>,
    account: &Arc<Account>,
) -> Result<(), Refusal> {
    let computer = rodc.computer.as_ref();
    let Some(computer) = computer.filter(|computer| {
        computer
            .control
            .contains(UserAccountControl::PARTIAL_SECRETS_ACCOUNT)
    }) else {
        return Err(Refusal::RodcNotLinked { rodc: rodc.clone() });
    };
    let trust = account
        .control
        .contains(UserAccountControl::INTERDOMAIN_TRUST_ACCOUNT);
    if trust || !matches!(account.kind, AccountKind::User | AccountKind::Computer) {
        return Err(Refusal::RodcClientKind {
            account: account.clone(),
        });
    }
    let allowed = |entry| Detail::Allowed {
        account: account.clone(),
        rodc: rodc.clone(),
        entry,
    };
    if account.sid == computer.sid {
        context.passed(&rules::TGS_RODC_ALLOWED, allowed(None));
        return Ok(());
    }
    let token = &account.token;
    if let Some(entry) = rodc.never_reveal.iter().position(|(sid, _)| token.contains(sid)) {
        return Err(Refusal::RodcDenied {
            account: account.clone(),
            rodc: rodc.clone(),
            entry,
        });
    }
    match rodc.reveal.iter().position(|(sid, _)| token.contains(sid)) {
        Some(entry) => {
            context.passed(&rules::TGS_RODC_ALLOWED, allowed(Some(entry)));
            Ok(())
        }
        None => Err(Refusal::RodcNotAllowed {
            account: account.clone(),
            rodc: rodc.clone(),
        }),
    }
}

/// The domain controller's own view of the client: Entra ID looks at neither.
pub(crate) fn check_password(context: &Context<'_>, account: &Arc<Account>) -> Result<(), Refusal> {
    match account.password_restriction(context.now) {
        Some(restriction) => Err(Refusal::PasswordState {
            account: account.clone(),
            restriction,
            exchange: Exchange::Tgs,
        }),
        None => Ok(()),
    }
}
