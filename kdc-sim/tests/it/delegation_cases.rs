//! Both sides of every rule of delegation.

use std::time::Duration;

use kdc_sim::{DomainBuilder, Handled};
use kerberos::codes::PaDataType;
use kerberos::wire::PrincipalName;

use crate::delegation::*;
use crate::lab::{Ask, Held, MONDAY, REALM};
use crate::rules::Case;

pub(crate) fn cases() -> Vec<Case> {
    fn own(change: impl FnOnce(&mut Ask<'_>, &Held)) -> Handled {
        let mut lab = lab(|domain| constrained(domain, true));
        let tgt = lab.sign_in("WEB01$");
        let mut ask = to_self(&tgt, "ada");
        change(&mut ask, &tgt);
        let request = ask.request(&mut lab);
        lab.send(&request)
    }
    fn named(change: impl FnOnce(&Held) -> Vec<u8>) -> Handled {
        own(|ask, tgt| {
            ask.padata.0.clear();
            ask.padata.push(PaDataType::FOR_USER, change(tgt));
        })
    }
    fn passed(change: fn(&mut DomainBuilder), ask: impl FnOnce(&mut Ask<'_>)) -> Handled {
        let mut lab = lab(change);
        let evidence = impersonate(&mut lab, "ada").unwrap().ticket;
        let tgt = lab.sign_in("WEB01$");
        let request = to_other(&tgt, &evidence).with(ask).request(&mut lab);
        lab.send(&request)
    }
    vec![
        (
            "TGS-ADDITIONAL-TICKET",
            || passed(|domain| constrained(domain, true), |ask| ask.further = None),
            || passed(|domain| constrained(domain, true), |_| ()),
        ),
        (
            "S4U-USER-CHECKSUM-TYPE",
            || named(|_| signed("ada", REALM, 7, |_| vec![0; 16])),
            || named(|tgt| for_user(tgt, "ada")),
        ),
        (
            "S4U-USER-CHECKSUM",
            || named(|_| signed("ada", REALM, -138, |_| vec![0; 16])),
            || named(|tgt| for_user(tgt, "ada")),
        ),
        (
            "S4U-USER-KNOWN",
            || named(|tgt| for_user(tgt, "adb")),
            || named(|tgt| for_user(tgt, "ADA")),
        ),
        (
            "S4U-SELF-SERVICE",
            || own(|ask, _| ask.sname = PrincipalName::parse(CIFS)),
            || own(|ask, _| ask.sname = PrincipalName::principal("WEB01$")),
        ),
        (
            "S4U-TARGET",
            || {
                passed(
                    |domain| constrained(domain, true),
                    |ask| ask.sname = PrincipalName::krbtgt(REALM),
                )
            },
            || passed(|domain| constrained(domain, true), |_| ()),
        ),
        (
            "S4U-EVIDENCE-SERVICE",
            || {
                pass_on(
                    |domain| constrained(domain, true),
                    |_, mut ticket| {
                        ticket.sname = PrincipalName::parse(CIFS);
                        ticket
                    },
                )
            },
            || {
                pass_on(
                    |domain| constrained(domain, true),
                    |_, mut ticket| {
                        ticket.sname = PrincipalName::parse("host/web01");
                        ticket
                    },
                )
            },
        ),
        (
            "S4U-EVIDENCE-KEY",
            || {
                pass_on(
                    |domain| constrained(domain, true),
                    |_, mut ticket| {
                        ticket.enc_part.cipher = vec![0; 80].into();
                        ticket
                    },
                )
            },
            || pass_on(|domain| constrained(domain, true), |_, ticket| ticket),
        ),
        ("S4U-EVIDENCE-ENDED", || evidence_until(0), || evidence_until(1)),
        (
            "S4U-EVIDENCE-SIGNED",
            || {
                pass_on(
                    |domain| constrained(domain, false),
                    |lab, ticket| tampered(lab, &ticket, make_forwardable),
                )
            },
            || pass_on(|domain| constrained(domain, true), |_, ticket| ticket),
        ),
        (
            "S4U-EVIDENCE-SIGNED",
            || {
                pass_on(
                    |domain| constrained(domain, false),
                    |lab, ticket| tampered(lab, &ticket, |part| part.authorization_data = None),
                )
            },
            || pass_on(|domain| constrained(domain, true), |_, ticket| ticket),
        ),
        (
            "S4U-ALLOWED",
            || passed(|_| (), |_| ()),
            || passed(by_resource, knowing_resource_based),
        ),
        (
            "S4U-ACCEPTED",
            || passed(|_| (), knowing_resource_based),
            || passed(by_resource, knowing_resource_based),
        ),
        (
            "S4U-FORWARDABLE",
            || passed(|domain| constrained(domain, false), |_| ()),
            || passed(|domain| constrained(domain, true), |_| ()),
        ),
    ]
}

/// A user is passed on when the evidence has so many seconds left.
fn evidence_until(seconds: u64) -> Handled {
    let mut lab = lab(|domain| constrained(domain, true));
    let tgt = lab.sign_in("WEB01$");
    let end = MONDAY + Duration::from_secs(600);
    let ask = to_self(&tgt, "ada").with(|ask| ask.till = end.kerberos_time());
    let evidence = lab.ask(&ask).unwrap().ticket;
    lab.later(Duration::from_secs(600 - seconds));
    let request = to_other(&tgt, &evidence).request(&mut lab);
    lab.send(&request)
}
