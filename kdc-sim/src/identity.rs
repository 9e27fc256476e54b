//! Who the client of a TGT is, once all that the TGT says is checked: the same for the TGT of a request, one of a
//! user-to-user request, and one that is armor.

use std::sync::Arc;

use kerberos::pac::{AttributesInfo, Pac};

use crate::decision::Detail;
use crate::directory::{Account, Rodc};
use crate::issue::PacSource;
use crate::lookup;
use crate::refusal::{Exchange, Refusal};
use crate::request::Context;
use crate::tgt::Tgt;
use crate::{rodc, rules};

/// The client of a TGT of this realm.
pub(crate) struct Identity<'p> {
    pub(crate) account: Arc<Account>,
    /// The PAC that is believed; `None` where the directory is asked instead.
    pub(crate) pac: Option<Pac<'p>>,
    /// ATTRIBUTES_INFO of the TGT.
    pub(crate) attributes: Option<AttributesInfo>,
}

impl<'p> Identity<'p> {
    /// The account, where the PAC of its tickets comes from, and ATTRIBUTES_INFO.
    pub(crate) fn into_parts(self) -> (Arc<Account>, PacSource<'p>, Option<AttributesInfo>) {
        let source = match self.pac {
            Some(pac) => PacSource::Ticket(pac),
            None => PacSource::Directory(self.account.clone()),
        };
        (self.account, source, self.attributes)
    }
}

/// Checks the client of a TGT, and for a partial one all that only partial ones have to pass.
pub(crate) fn identify<'p>(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    pac: Option<Pac<'p>>,
) -> Result<Identity<'p>, Refusal> {
    let account = client(context, tgt)?;
    let attributes = match &pac {
        Some(pac) => pac
            .attributes_info()
            .map_err(|error| Refusal::BadPac(Box::new(error)))?,
        None => None,
    };
    let believed = match (tgt.rodc(), pac) {
        (Some(issuer), pac) => {
            match &pac {
                Some(pac) => rodc::check_requestor(context, pac, &account, true)?,
                None => check_pac_missing(context, true)?,
            }
            check_partial(context, tgt, issuer, &account)?;
            None
        }
        (None, Some(pac)) => {
            rodc::check_requestor(context, &pac, &account, false)?;
            Some(pac)
        }
        (None, None) => {
            check_pac_missing(context, false)?;
            None
        }
    };
    check_account(context, tgt, &account)?;
    if tgt.rodc().is_some() {
        context
            .trail
            .noted(&rules::TGS_PAC_REBUILT, Detail::Rebuilt(account.clone()));
    }
    Ok(Identity {
        account,
        pac: believed,
        attributes,
    })
}

fn client(context: &mut Context<'_>, tgt: &Tgt<'_>) -> Result<Arc<Account>, Refusal> {
    let name = &tgt.part.cname;
    let own = context.domain.is_own_realm(&tgt.part.crealm);
    let account = if own {
        lookup::client(context.domain, name)
    } else {
        None
    };
    let unknown = || Refusal::ClientUnknown {
        name: Some(Box::new(name.clone())),
        exchange: Exchange::Tgs,
    };
    let account = account.ok_or_else(unknown)?.clone();
    context.passed(&rules::TGS_CLIENT_KNOWN, Detail::Client(account.clone()));
    Ok(account)
}

fn check_pac_missing(context: &mut Context<'_>, partial: bool) -> Result<(), Refusal> {
    if context.dc.requires_requestor() {
        return Err(Refusal::PacMissing { partial });
    }
    let rule = if partial {
        &rules::TGS_RODC_PAC
    } else {
        &rules::TGS_PAC_PRESENT
    };
    context.passed(rule, Detail::NoPac);
    Ok(())
}

/// What only a partial TGT has to pass.
fn check_partial(
    context: &mut Context<'_>,
    tgt: &Tgt<'_>,
    issuer: &Arc<Rodc>,
    account: &Arc<Account>,
) -> Result<(), Refusal> {
    rodc::check_replication_policy(context, issuer, account)?;
    let left = tgt.part.endtime.timestamp().saturating_since(context.now);
    if left <= context.dc.rodc_minimum_left {
        return Err(Refusal::RodcLifetime { left });
    }
    rodc::check_password(context, account)
}

/// The state of the account is looked at again when the TGT is old enough (MS-KILE section 3.3.5.7.1).
fn check_account(context: &Context<'_>, tgt: &Tgt<'_>, account: &Arc<Account>) -> Result<(), Refusal> {
    let age = context.now.saturating_since(tgt.part.authtime.timestamp());
    if age > context.dc.account_recheck_after {
        context.check_state(account)
    } else {
        Ok(())
    }
}
