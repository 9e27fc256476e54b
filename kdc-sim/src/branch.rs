//! A read-only domain controller as the one that is asked: it answers for accounts whose secrets it holds, and leaves the
//! rest to a writable one (MS-KILE section 3.2.5.7, MS-ADTS section 4.1.10.5.15 on revealed secrets).

use std::sync::Arc;

use kerberos::wire::Kvno;

use crate::decision::Detail;
use crate::directory::{Account, AccountKind, KeySet, Rodc};
use crate::refusal::{Exchange, Refusal};
use crate::request::Context;
use crate::rules;

impl<'a> Context<'a> {
    /// The read-only domain controller that this one is.
    pub(crate) fn own_rodc(&self) -> Option<&'a Arc<Rodc>> {
        self.domain.rodc(self.dc.rodc?)
    }

    /// The keys of the ticket-granting service here, and the number of a read-only domain controller.
    pub(crate) fn issuer_keys(&self) -> (&'a KeySet, Option<u16>) {
        match self.own_rodc() {
            Some(rodc) => (rodc.krbtgt.keys.current(), Some(rodc.number)),
            None => (self.domain.krbtgt().keys.current(), None),
        }
    }

    /// The version on the wire of those keys.
    pub(crate) fn issuer_kvno(&self) -> Kvno {
        let (set, number) = self.issuer_keys();
        let low = (set.version & 0xFFFF) as u16;
        Kvno::new(number.unwrap_or(0), low)
    }

    /// Refuses, for a writable domain controller to answer instead, unless the secrets of an account are held here.
    pub(crate) fn check_secrets(
        &mut self,
        account: &Arc<Account>,
        exchange: Exchange,
    ) -> Result<(), Refusal> {
        let Some(rodc) = self.own_rodc() else {
            return Ok(());
        };
        let is_own = account.kind == AccountKind::Krbtgt
            || Some(account.sid) == rodc.computer.as_ref().map(|computer| computer.sid);
        if is_own || rodc.revealed.contains(&account.sid) {
            self.passed(
                &rules::RODC_SECRETS,
                Detail::Revealed {
                    account: account.clone(),
                    rodc: rodc.clone(),
                },
            );
            return Ok(());
        }
        Err(Refusal::SecretsElsewhere {
            account: Some(account.clone()),
            exchange,
        })
    }
}
